#include "agents/write_verifier/blocks.h"

#include <array>

namespace rlar {
namespace {

struct Block {
  std::string_view kind, name, function, params, summary;  // params: a Python dict
};

constexpr std::array<Block, 14> kBlocks{{
    {"expression", "expression_all", "expression_value", "{'use': 'all'}", "an expression with the right value that uses every given number once"},
    {"expression", "expression_some", "expression_value", "{'use': 'some'}", "an expression with the right value out of the given numbers"},
    {"arrangement", "palindrome", "palindrome", "{}", "a palindrome of exactly the right letters"},
    {"arrangement", "any_order", "same_up_to_order", "{}", "the right items and groups in any order"},
    {"assignment", "queens_at_peace", "pieces_at_peace", "{'attack': 'queen'}", "a filled board on which no queen attacks another"},
    {"assignment", "rooks_at_peace", "pieces_at_peace", "{'attack': 'rook'}", "a filled board on which no rook attacks another"},
    {"assignment", "map_coloring", "map_coloring", "{}", "a colouring in which no edge joins equal colours"},
    {"assignment", "letter_sum", "letter_sum", "{}", "different digits for letters with which the sum holds"},
    {"moves", "grid_path", "grid_path", "{}", "a path through open cells, as short as the known one"},
    {"moves", "stack_moves_shortest", "stack_moves", "{'shortest': True}", "legal moves between stacks to the goal, as few as the known ones"},
    {"moves", "stack_moves", "stack_moves", "{}", "legal moves between stacks to the goal"},
    {"moves", "pour_moves", "pour_moves", "{}", "pouring moves that reach the target"},
    {"moves", "edge_path_directed", "edge_path", "{'directed': True}", "a path along the given edges, as short as the known one"},
    {"moves", "edge_path", "edge_path", "{}", "a path along the given edges in either direction, as short as the known one"},
}};

}  // namespace

std::vector<Draft> BlockDrafts(std::string_view kind) {
  bool known = false;
  for (const Block& block : kBlocks) known = known || block.kind == kind;
  std::vector<Draft> drafts;
  // The answer as it is found in the response first; the whole response where an answer has several lines and no mark.
  for (const char* extract : {"auto", "none"}) {
    for (const Block& block : kBlocks) {
      if (known && block.kind != kind) continue;
      Draft draft;
      draft.name = std::string(block.name) + (std::string_view(extract) == "none" ? "_whole" : "");
      draft.summary = std::string(block.summary);
      draft.extract = extract;
      draft.origin = "block " + std::string(block.function) + " " + std::string(block.params);
      draft.source = std::string(kBlocksSource) + "\n\ndef check(prompt, answer, reference, params):\n    return for_any(" +
                     std::string(block.function) + ", prompt, answer, reference, " + std::string(block.params) + ")\n";
      drafts.push_back(std::move(draft));
    }
  }
  return drafts;
}

}  // namespace rlar
