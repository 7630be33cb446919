// Target: every native verifier on the queries of its golden file, with the text as the response and, in turn, as the reference.
#include <fstream>

#include "rows/row.h"
#include "target.h"
#include "tools/native_tool.h"

namespace rlar::fuzz {
namespace {

struct Loaded {
  const VerifierSpec* spec;
  std::vector<Query> queries;
};

const std::vector<Loaded>& All() {
  static const std::vector<Loaded> all = [] {
    std::vector<Loaded> loaded;
    for (const VerifierSpec* spec : NativeVerifiers()) {
      Loaded one{spec, {}};
      std::ifstream file(std::string(RLAR_SOURCE_DIR) + "/tests/golden/" + std::string(spec->name) + ".jsonl");
      for (std::string line; std::getline(file, line) && one.queries.size() < 12;) {
        auto json = ParseJson(line);
        if (!json) continue;
        if (json->Find("prompt") == nullptr) json->Set("prompt", "");
        auto row = ParseRow(*json);
        if (auto* group = std::get_if<Group>(&row)) one.queries.push_back(std::move(group->query));
      }
      loaded.push_back(std::move(one));
    }
    return loaded;
  }();
  return all;
}

void Check(const std::vector<Score>& scores) {
  for (const Score& score : scores) {
    if (score.ok())
      FUZZ_CHECK(*score.value() >= 0 && *score.value() <= 1);
    else
      FUZZ_CHECK(!score.reason().empty() && score.error_class() != Class::kNone);
  }
}

void RunAll(std::string_view text) {
  static std::size_t turn = 0;
  const Loaded& one = All()[turn++ % All().size()];
  const NativeRunner runner(*one.spec);
  const std::vector<Response> responses{Response{.text = std::string(text), .tokens = 7}};
  for (std::size_t i = turn % 3; i < one.queries.size(); i += 3) {
    Check(runner.Run(one.queries[i], responses, Json()));
    Query other = one.queries[i];
    other.reference = {Reference::Kind::kText, {std::string(text)}, {}};
    Check(runner.Run(other, responses, Json()));
  }
}

const std::vector<Target> kTargets = {
    {"verifiers",
     &RunAll,
     {"The answer is 42.", "\\boxed{\\frac{1}{2}}", "<think>no</think>\n<answer>Paris</answer>", "```json\n{\"a\": [1, 2]}\n```", "(B) because",
      "SELECT a FROM t", "First, second and third.\n\n* one\n* two\n", "{\"name\":\"f\",\"arguments\":{}}", "3.5 km/h or 2 1/2", "July 4, 1776"}}};

}  // namespace

std::span<const Target> VerifierTargets() { return kTargets; }

}  // namespace rlar::fuzz
