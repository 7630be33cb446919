#include "agents/write_verifier/blocks.h"

#include <array>

namespace rlar {
namespace {

struct Block {
  std::string_view name, function, params, summary;  // params: a Python dict
  bool conditions = true;                            // false: it compares with the reference
  bool reads_prompt = true;
};

constexpr std::array<Block, 18> kBlocks{{
    {"expression_all", "expression_value", "{'use': 'all'}", "an expression with the right value that uses every given number once"},
    {"expression_some", "expression_value", "{'use': 'some'}", "an expression with the right value out of the given numbers"},
    {"palindrome", "palindrome", "{}", "a palindrome of exactly the right letters", true, false},
    {"any_order", "same_up_to_order", "{}", "the right items and groups in any order", true, false},
    {"queens_at_peace", "pieces_at_peace", "{'attack': 'queen'}", "a filled board on which no queen attacks another"},
    {"rooks_at_peace", "pieces_at_peace", "{'attack': 'rook'}", "a filled board on which no rook attacks another"},
    {"map_coloring", "map_coloring", "{}", "a colouring in which no edge joins equal colours"},
    {"letter_sum", "letter_sum", "{}", "different digits for letters with which the sum holds"},
    {"grid_path", "grid_path", "{}", "a path through open cells, as short as the known one"},
    {"stack_moves_shortest", "stack_moves", "{'shortest': True}", "legal moves between stacks to the goal, as few as the known ones"},
    {"stack_moves", "stack_moves", "{}", "legal moves between stacks to the goal"},
    {"pour_moves", "pour_moves", "{}", "pouring moves that reach the target"},
    {"edge_path_directed", "edge_path", "{'directed': True}", "a path along the given edges, as short as the known one"},
    {"edge_path", "edge_path", "{}", "a path along the given edges in either direction, as short as the known one"},
    {"same_formula", "same_formula", "{}", "a formula with the known one's value", false},
    {"rounded_number", "rounded_number", "{}", "the known number, as exact as the prompt asks for", false},
    {"same_statements", "same_statements", "{}", "the known statements about each subject, in any order", false},
    {"same_text", "same_text", "{}", "the known answer, line for line, wherever the response states it", false},
}};

std::string Call(const Block& block, const std::string& extract) {
  const char* caller = extract == "none" ? "for_any_whole(" : "for_any(";
  return caller + std::string(block.function) + ", prompt, answer, reference, " + std::string(block.params) + ")";
}

std::string Program(const std::string& body) {
  return std::string(kBlocksSource) + "\n\n" + std::string(kComparisonsSource) + "\n\ndef check(prompt, answer, reference, params):\n    return " + body + "\n";
}

}  // namespace

std::vector<Draft> BlockDrafts(const std::string& extract) {
  std::vector<Draft> drafts;
  for (const Block& block : kBlocks) {
    Draft draft;
    draft.name = std::string(block.name) + (extract == "none" ? "_whole" : "");
    draft.summary = std::string(block.summary);
    draft.extract = extract;
    draft.conditions = block.conditions;
    draft.reads_prompt = block.reads_prompt;
    draft.origin = "block " + std::string(block.function) + " " + std::string(block.params);
    draft.source = Program(Call(block, extract));
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

Draft BlockScreen(const std::string& extract) {
  static_assert(kBlocks.size() < 20);
  Draft draft;
  draft.name = "screen";
  draft.extract = extract;
  std::string sum = "(0";
  for (std::size_t i = 0; i < kBlocks.size(); ++i) sum += " + " + std::to_string(1u << i) + " * " + Call(kBlocks[i], extract);
  draft.source = Program(sum + ") / " + std::to_string(static_cast<long>(kScreenScale)));
  return draft;
}

}  // namespace rlar
