// --llm and --policy: which language model a command talks to.
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "llm/http_backend.h"
#include "llm/local_backend.h"

namespace rlar::cli {
namespace {

Result<LlmOptions> MakeOptions(const LlmChoice& choice, const std::atomic<bool>* cancelled) {
  LlmOptions options;
  options.model = choice.model;
  options.cancelled = cancelled;
  const bool local = choice.llm == "local";
  options.concurrency = choice.concurrency > 0 ? choice.concurrency : local ? 2 : 8;
  auto budget = ParseBudget(choice.budget);
  if (!budget) return MakeError(ErrorCode::kInvalidArgument, "--budget", budget.error());
  options.budget = *budget;
  options.hour = choice.hour;
  if (!choice.price.empty()) {
    auto prices = ParsePrices(choice.price);
    if (!prices) return MakeError(ErrorCode::kInvalidArgument, "--llm-price", prices.error());
    options.prices = *prices;
  }
  RLAR_TRY(NeedsPrice(choice, options.budget.usd, "--budget"));
  return options;
}

}  // namespace

Result<ModelPrice> ParsePrice(const std::string& option, const std::string& text) {
  if (text.empty()) return ModelPrice{};
  auto prices = ParsePrices(text);
  if (!prices) return MakeError(ErrorCode::kInvalidArgument, option, prices.error());
  return ModelPrice{prices->prompt, prices->completion};
}

Result<std::shared_ptr<Budget>> MakePurse(const LlmChoice& choice) {
  auto options = MakeOptions(choice, nullptr);
  if (!options) return options.error();
  return std::make_shared<Budget>(options->budget);
}

Result<void> NeedsPrice(const LlmChoice& choice, double usd, const std::string& option) {
  if (!std::isfinite(usd) || !choice.price.empty() || choice.llm.find("://") == std::string::npos) return {};
  return MakeError(ErrorCode::kInvalidArgument, option + " usd=… needs --llm-price IN,OUT (US dollars per million tokens) to count with");
}

Result<void> NeedsJudgePrice(const JudgeChoice& judge, const LlmChoice& choice, double usd, const std::string& option) {
  if (judge.url.empty() || !std::isfinite(usd) || !judge.price.empty() || !choice.price.empty() || choice.llm == "replay") return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   option + " usd=… needs --judge-price IN,OUT (US dollars per million tokens), or --llm-price, to count the judge with");
}

Result<std::unique_ptr<JudgeCalls>> MakeJudgeCalls(const JudgeChoice& judge, const LlmChoice& choice, const std::string& directory,
                                                   const std::atomic<bool>* cancelled, std::shared_ptr<Budget> purse) {
  auto options = MakeOptions(choice, cancelled);
  if (!options) return options.error();
  RLAR_TRY(NeedsJudgePrice(judge, choice, options->budget.usd, "--budget"));
  if (!judge.price.empty()) {
    auto prices = ParsePrices(judge.price);
    if (!prices) return MakeError(ErrorCode::kInvalidArgument, "--judge-price", prices.error());
    options->prices = *prices;
  }
  options->concurrency = choice.concurrency > 0 ? choice.concurrency : 8;
  options->purse = std::move(purse);
  return std::make_unique<JudgeCalls>(std::filesystem::path(directory) / "build" / "judge", std::move(*options), choice.llm == "replay");
}

void PrintJudges(const JudgeCalls& judges) {
  const LlmUsage usage = judges.usage();
  if (usage.calls + usage.replayed + usage.failed == 0) return;
  std::printf("judges: %lld calls, %lld answered from the record, %lld without a usable answer\n", static_cast<long long>(usage.calls),
              static_cast<long long>(usage.replayed), static_cast<long long>(usage.failed));
}

Result<std::unique_ptr<LlmClient>> MakeLlm(const LlmChoice& choice, const std::string& directory, const std::atomic<bool>* cancelled,
                                           std::function<void(const std::string& step, double share)> progress, std::shared_ptr<Budget> purse) {
  std::unique_ptr<LlmClient> none;
  if (choice.llm == "none" || choice.llm.empty()) return none;
  auto options = MakeOptions(choice, cancelled);
  if (!options) return options.error();
  options->purse = std::move(purse);
  const std::filesystem::path folder = std::filesystem::path(directory) / "build" / "llm";
  auto record = CallRecord::Open(folder / choice.record);
  if (!record) return record.error();
  std::unique_ptr<ChatBackend> backend;
  if (choice.llm == "local") {
    LocalBackendOptions local;
    local.model = choice.model.empty() ? kLocalModelDefault : choice.model;
    local.log = (folder / "server.log").string();
    local.parallel = static_cast<std::size_t>(options->concurrency);
    local.cancelled = cancelled;
    local.progress = std::move(progress);
    options->model = local.model;
    auto made = MakeLocalBackend(std::move(local));
    if (!made) return made.error();
    backend = std::move(*made);
  } else if (choice.llm != "replay") {
    if (choice.llm.find("://") == std::string::npos) {
      return MakeError(ErrorCode::kInvalidArgument, "--llm '" + choice.llm + "' is none of none, local, replay or an address (http://…)");
    }
    HttpBackendOptions http{.url = choice.llm, .model = choice.model, .key = KeyFromEnvironment(choice.key_variable), .cancelled = cancelled};
    auto made = MakeHttpBackend(std::move(http), &options->model);
    if (!made) return made.error();
    backend = std::move(*made);
  }
  return std::make_unique<LlmClient>(std::move(backend), std::move(*record), std::move(*options));
}

}  // namespace rlar::cli
