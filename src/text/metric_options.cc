#include "text/metric_options.h"

namespace rlar {
namespace {

Error Refuse(std::string message) { return MakeError(ErrorCode::kInvalidArgument, std::move(message)); }

}  // namespace

Result<BleuOptions> ReadBleuOptions(const Params& params) {
  const std::int64_t order = params.Int("max_ngram_order");
  if (order < 1 || order > 100) return Refuse("parameter 'max_ngram_order' of bleu must be 1 to 100");
  if (params.given("smooth_value") && params.Number("smooth_value") < 0) return Refuse("parameter 'smooth_value' of bleu must not be negative");
  BleuOptions options;
  options.lowercase = params.Bool("lowercase");
  options.effective_order = params.Bool("effective_order");
  options.max_ngram_order = static_cast<std::size_t>(order);
  for (const auto tokenizer : {BleuTokenizer::k13a, BleuTokenizer::kIntl, BleuTokenizer::kZh, BleuTokenizer::kChar, BleuTokenizer::kNone}) {
    if (params.String("tokenize") == Name(tokenizer)) options.tokenize = tokenizer;
  }
  const std::string& smooth = params.String("smooth_method");
  options.smooth = smooth == "none"    ? BleuSmoothing::kNone
                   : smooth == "floor" ? BleuSmoothing::kFloor
                   : smooth == "add-k" ? BleuSmoothing::kAddK
                                       : BleuSmoothing::kExp;
  if (params.given("smooth_value")) options.smooth_value = params.Number("smooth_value");
  return options;
}

Result<ChrfOptions> ReadChrfOptions(const Params& params) {
  const std::int64_t char_order = params.Int("char_order"), word_order = params.Int("word_order");
  const double beta = params.Number("beta");
  if (char_order < 1 || char_order > 100 || word_order < 0 || word_order > 100 || beta <= 0 || beta > 1e6) {
    return Refuse("chrf needs 'char_order' 1 to 100, 'word_order' 0 to 100, and 'beta' above 0");
  }
  return ChrfOptions{.char_order = static_cast<std::size_t>(char_order),
                     .word_order = static_cast<std::size_t>(word_order),
                     .beta = beta,
                     .lowercase = params.Bool("lowercase"),
                     .whitespace = params.Bool("whitespace"),
                     .eps_smoothing = params.Bool("eps_smoothing")};
}

TerOptions ReadTerOptions(const Params& params) {
  return {.normalized = params.Bool("normalized"),
          .no_punct = params.Bool("no_punct"),
          .asian_support = params.Bool("asian_support"),
          .case_sensitive = params.Bool("case_sensitive")};
}

Result<std::vector<RougeType>> ReadRougeTypes(const Params& params) {
  std::vector<RougeType> types;
  for (const Json& name : params["rouge_types"].array()) {
    RougeType type;
    if (!ParseRougeType(name.string(), type)) return Refuse("'" + name.string() + "' is none of rouge1 to rouge9, rougeL, rougeLsum");
    types.push_back(std::move(type));
  }
  if (types.empty()) return Refuse("parameter 'rouge_types' of rouge is empty");
  return types;
}

Result<MeteorOptions> ReadMeteorOptions(const Params& params) {
  MeteorOptions options{.alpha = params.Number("alpha"),
                        .beta = params.Number("beta"),
                        .gamma = params.Number("gamma"),
                        .treebank = params.String("tokenize") == "treebank",
                        .synonyms = nullptr};
  if (options.alpha < 0 || options.alpha > 1 || options.beta < 0 || options.gamma < 0 || options.gamma > 1) {
    return Refuse("parameters of meteor: alpha and gamma lie in [0, 1], beta is not negative");
  }
  if (params.given("wordnet")) {
    auto net = WordNet::Load(params.String("wordnet"));
    if (!net) return MakeError(ErrorCode::kUnavailable, "parameter 'wordnet' of meteor", net.error());
    options.synonyms = std::move(*net);
  }
  return options;
}

}  // namespace rlar
