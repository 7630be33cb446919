#include "constraints/counts.h"

#include "base/text.h"
#include "constraints/words.h"
#include "text/punkt.h"
#include "text/treebank.h"

namespace rlar {

std::optional<std::int64_t> CountParts(std::string_view text, std::string_view divider) {
  const auto parts = SplitOn(text, divider);
  auto count = static_cast<std::int64_t>(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!Strip(parts[i]).empty()) continue;
    if (i != 0 && i + 1 != parts.size()) return std::nullopt;
    --count;
  }
  return count;
}

Result<Constraint> KeywordPosition(const ConstraintArgs& args) {
  const auto keyword = args.Word("keyword");
  if (!keyword) return keyword.error();
  const auto n = args.Positive("n");
  if (!n) return n.error();
  const auto m = args.Positive("m");
  if (!m) return m.error();
  const auto sentence = static_cast<std::size_t>(*n), word = static_cast<std::size_t>(*m);
  if (args.context().fixed()) {
    // Marks are no words, and case does not matter.
    return Constraint([=, keyword = UnicodeLower(*keyword)](std::string_view text) {
      const auto sentences = RuleSentences(text);
      if (sentences.size() < sentence) return false;
      const auto words = BareWords(sentences[sentence - 1]);
      return words.size() >= word && UnicodeLower(words[word - 1]) == keyword;
    });
  }
  if (!EnglishPunkt()) return EnglishPunkt().error();
  return Constraint([=, keyword = *keyword](std::string_view text) {
    const auto sentences = RuleSentences(text);
    if (sentences.size() < sentence) return false;
    const auto words = WordTokenize(sentences[sentence - 1], *EnglishPunkt());
    return words.size() >= word && words[word - 1] == keyword;
  });
}

}  // namespace rlar
