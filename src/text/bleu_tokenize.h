// The tokenizers of sacrebleu that need no model: 13a (mteval), intl (mteval-v14), zh, char, none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rlar {

enum class BleuTokenizer { k13a, kIntl, kZh, kChar, kNone };
std::string_view Name(BleuTokenizer tokenizer);  // as in sacrebleu's signature

// Fills `tokens` with views into `text` or into `scratch`, which live as long as those two stay unchanged.
void TokenizeForBleu(std::string_view text, BleuTokenizer tokenizer, std::string& scratch, std::vector<std::string_view>& tokens);

}  // namespace rlar
