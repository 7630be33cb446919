// rlar_score_rows TOOL [PARAMS]: reads rows from standard input and prints one JSON line per response:
// {"row", "status", "value"?, "class"?, "reason", "components", "signature"?}. The differential tests of tests/peers drive it.
#include <iostream>

#include "rows/row.h"
#include "tools/native_tool.h"

namespace {

rlar::Json ToJson(const rlar::Score& score, std::size_t row) {
  rlar::Json out;
  out.Set("row", static_cast<std::uint64_t>(row));
  out.Set("status", rlar::Name(score.status()));
  if (score.value()) out.Set("value", *score.value());
  out.Set("class", rlar::Name(score.error_class()));
  out.Set("reason", score.reason());
  rlar::Json components{rlar::Json::Object{}};
  for (const auto& [name, value] : score.components()) components.Set(name, value);
  out.Set("components", std::move(components));
  if (!score.signature().empty()) out.Set("signature", score.signature());
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const rlar::VerifierSpec* spec = argc > 1 ? rlar::FindNativeVerifier(argv[1]) : nullptr;
  if (spec == nullptr) return std::cerr << "usage: rlar_score_rows TOOL [PARAMS] < ROWS\n", 2;
  rlar::Json params;
  if (argc > 2) {
    auto parsed = rlar::ParseJson(argv[2]);
    if (!parsed) return std::cerr << "PARAMS: " << parsed.error().message << "\n", 2;
    params = std::move(*parsed);
  }
  const rlar::NativeRunner runner(*spec);
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line); ++number) {
    auto row = rlar::ParseRowText(line);
    if (auto* error = std::get_if<rlar::RowError>(&row)) {
      std::cout << ToJson(rlar::Score::Invalid(error->error_class, error->reason), number).Dump() << "\n";
      continue;
    }
    const auto& group = std::get<rlar::Group>(row);
    for (const rlar::Score& score : runner.Run(group.query, group.responses, params)) {
      std::cout << ToJson(score, number).Dump() << "\n";
    }
  }
}
