// rlar eval corpus: one score for a whole file of texts and references.
#include <cstdio>

#include "cli/commands.h"
#include "rows/reader.h"
#include "text/corpus.h"
#include "text/extract.h"
#include "tools/bind.h"

namespace rlar::cli {
namespace {

// BLEU of a corpus leaves no order out unless it is asked to, as its reference has it.
Json CorpusDefaults(std::string_view tool, Json params) {
  if (tool == "bleu" && params.Find("effective_order") == nullptr) params.Set("effective_order", false);
  return params;
}

// Empty where the row can be scored.
std::string WhyNot(const std::variant<Group, RowError>& row) {
  if (const auto* error = std::get_if<RowError>(&row)) return error->reason;
  const Group& group = std::get<Group>(row);
  if (group.responses.size() != 1) return "a corpus has one response a row, this row has " + std::to_string(group.responses.size());
  if (group.query.reference.texts.empty()) return "there is no reference text";
  return {};
}

void Print(const EvalCorpusOptions& options, const CorpusScore& score, std::size_t n, std::size_t skipped) {
  if (!options.json) {
    std::printf("%s %.6f\n", options.tool.c_str(), score.components.front().second);
    for (std::size_t i = 1; i < score.components.size(); ++i) std::printf("%s %.6f\n", score.components[i].first.c_str(), score.components[i].second);
    if (!score.signature.empty()) std::printf("%s\n", score.signature.c_str());
    return;
  }
  Json overall;
  overall.Set("value", score.value);
  for (const auto& [name, number] : score.components) overall.Set(name, number);
  if (!score.signature.empty()) overall.Set("signature", score.signature);
  Json out;
  out.Set("schema_version", 1);
  out.Set("suite", "corpus");
  out.Set("tool", options.tool);
  out.Set("n", static_cast<std::uint64_t>(n));
  out.Set("skipped", static_cast<std::uint64_t>(skipped));
  out.Set("overall", std::move(overall));
  std::printf("%s\n", out.Dump().c_str());
}

}  // namespace

int EvalCorpus(const EvalCorpusOptions& options) {
  const VerifierSpec* spec = FindNativeVerifier(options.tool);
  if (spec == nullptr) return UsageError("eval corpus: '" + options.tool + "' has no corpus score; bleu, chrf, ter, rouge and meteor have");
  auto given = ParseParams(options.params);
  if (!given) return UsageError("--params: " + given.error().ToString());
  const Json fixed = CorpusDefaults(options.tool, std::move(*given));
  const ParamBinder binder(*spec);
  if (auto known = binder.CheckFixed(fixed); !known) return UsageError("--params: " + known.error().ToString());
  const Json none;
  auto params = binder.Bind(none, fixed);
  if (!params) return UsageError("--params: " + params.error().ToString());
  auto metric = MakeCorpusMetric(options.tool, *params);
  if (!metric) return UsageError("eval corpus: " + metric.error().ToString());
  auto reader = OpenInput(options.input);
  if (!reader) return UsageError(reader.error().ToString());
  std::size_t n = 0, skipped = 0;
  for (;;) {
    auto row = (*reader)->Next();
    if (!row) return UsageError(row.error().ToString());
    if (!row->has_value()) break;
    if (const std::string why = WhyNot((*row)->row); !why.empty()) {
      std::fprintf(stderr, "rlar: line %ld left out: %s\n", (*row)->line, why.c_str());
      ++skipped;
      continue;
    }
    const Group& group = std::get<Group>((*row)->row);
    (*metric)->Add(AfterReasoning(group.responses.front().text), group.query.reference.texts);
    ++n;
  }
  if (n == 0) return UsageError("eval corpus: no row has a response and a reference");
  Print(options, (*metric)->Compute(), n, skipped);
  return skipped == 0 ? 0 : 1;
}

}  // namespace rlar::cli
