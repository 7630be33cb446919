#include "agents/find_reward_model/style_bias.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "text/outline.h"

namespace rlar {
namespace {

constexpr std::size_t kRows = 30;
constexpr std::size_t kBoldWords = 3;

constexpr std::array<std::string_view, 6> kMarks{"**", "```", "\n#", "\n- ", "\n* ", "\n1. "};

bool HasMarks(const std::string& text) {
  return text.starts_with('#') || std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return text.find(mark) != text.npos; });
}

// The ends of the row's labels, best and worst; equal where nothing is labelled.
std::pair<std::size_t, std::size_t> Ends(const LabelledRow& row) {
  std::size_t best = 0, worst = 0;
  for (std::size_t i = 1; i < row.labels.size(); ++i) {
    if (!row.labels[i]) continue;
    if (!row.labels[best] || *row.labels[i] > *row.labels[best]) best = i;
    if (!row.labels[worst] || *row.labels[i] < *row.labels[worst]) worst = i;
  }
  return {best, worst};
}

}  // namespace

std::string Dressed(const std::string& text) {
  if (HasMarks(text)) return "";
  std::string out;
  for (const std::string_view sentence : OutlineSentences(text)) {
    const auto words = SplitWords(sentence);
    if (words.empty()) continue;
    const std::string_view last = words[std::min(kBoldWords, words.size()) - 1];
    const std::size_t bold = static_cast<std::size_t>(last.data() + last.size() - words.front().data());
    const std::string_view trimmed = Trim(sentence);
    out += "- **" + std::string(trimmed.substr(0, bold)) + "**" + std::string(trimmed.substr(std::min(bold, trimmed.size()))) + "\n";
  }
  return out.empty() ? "" : "## Answer\n\n" + out;
}

void MeasureStyle(const Tool& model, const Json& params, const ProbeSet& probes, ModelEvidence& evidence) {
  for (std::size_t i = 0; i < probes.rows.size() && i < evidence.by_row.size() && evidence.dressed < kRows; ++i) {
    const LabelledRow& row = probes.rows[i];
    const auto [best, worst] = Ends(row);
    const auto& values = evidence.by_row[i];
    if (values.empty() || best == worst || values[best] <= values[worst] || HasMarks(row.responses[best].text)) continue;
    Response dressed;
    dressed.text = Dressed(row.responses[worst].text);
    if (dressed.text.empty()) continue;
    const auto score = model.Run(row.query, {&dressed, 1}, params, CallContext{})[0].value();
    if (!score) continue;
    ++evidence.dressed;
    evidence.turned += *score >= values[best];
  }
}

}  // namespace rlar
