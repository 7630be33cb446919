// The commands of `rlar`. main.cc parses the command line into these; each command is one file. They return the exit code:
// 0 done; 1 the job ran and something in it failed; 2 wrong usage or unreadable input.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agents/judge_calls.h"
#include "hub/web_search.h"
#include "llm/client.h"
#include "rlar/engine.h"
#include "rlar/result.h"
#include "rows/reader.h"
#include "tools/reward_model/spend.h"

namespace rlar::cli {

struct InputOptions {
  std::string path = "-";
  std::string map;
  std::size_t max_row_bytes = 64u << 20;
};

struct ScoreOptions {
  InputOptions input;
  std::string output = "-";
  std::string library, library_version, tool, params, length_policy = "keep";
  std::size_t threads = 0;  // 0: as many as cores
  std::size_t max_response_bytes = 4u << 20;
};
int Score(const ScoreOptions& options);

struct ToolsOptions {
  std::string library;
  bool json = false, refused = false;
};
int Tools(const ToolsOptions& options);

struct QuarantineOptions {
  std::string library, tool, task, why;
  bool restore = false;
};
int ToolsQuarantine(const QuarantineOptions& options);

struct ToolsAddOptions {
  std::string library, target, name, form, range, data, python;
  std::size_t timeout_ms = 10'000;
  bool json = false;
};
int ToolsAdd(const ToolsAddOptions& options);

struct AdmitOptions {
  std::vector<std::string> drafts, without;
  std::string data, library;
  bool json = false;
};
int Admit(const AdmitOptions& options);

struct RouteOptions {
  InputOptions input;
  std::string library, library_version;
};
int Route(const RouteOptions& options);

struct RouteSetOptions {
  std::string data;  // rows to measure the second tool's base on, or empty
  std::string library, task, params, combine = "single", why, second;
  std::vector<std::string> tools;
};
int RouteSet(const RouteSetOptions& options);

struct RouteLearnOptions {
  std::string library, labelled;
  bool json = false;
};
int RouteLearn(const RouteLearnOptions& options);

struct ModelsAddOptions {
  std::string library, name, data, backend = "transformers", url, model, dir, chat_template = "tokenizer", format, rubric;
  std::string mode = "pointwise", grade = "plain", price;
  int head = 0, max_length = 4096, group_size = 8;
  bool trust_remote_code = false, allow_pickle = false, plain = false, json = false;
};
int ModelsAdd(const ModelsAddOptions& options);
int ModelsSearch(const std::string& query, std::size_t limit, const std::string& web_search);
int ModelsList(const std::string& library);

struct WorkerOptions {
  std::string name, library, gguf;
  int port = 0;  // of a GGUF's server; 0 picks a free one
  std::int64_t memory_limit_mb = 0;
  std::size_t timeout_s = 600;
};
int WorkersStart(const WorkerOptions& options);
int WorkersStop(const std::string& name);
int WorkersList(bool json);
// The supervisor itself, started by WorkersStart with its job as JSON.
int WorkersSupervise(const std::string& job);

struct CalibrateOptions {
  InputOptions input;
  std::string library;
};
int Calibrate(const CalibrateOptions& options);

struct LabelOptions {
  InputOptions input;
  std::string library, answers;
  std::size_t count = 12;
  bool ask = false;
};
int Label(const LabelOptions& options);

// Which language model, and what it may cost.
struct LlmChoice {
  std::string llm = "none";  // none | local | replay | URL
  std::string model, budget, price;
  int concurrency = 0;  // calls at once; 0: 2 for the local model, else 8
  HourBudget* hour = nullptr;
  const char* record = "calls.jsonl";             // in DIR/build/llm
  const char* key_variable = "RLAR_LLM_API_KEY";  // a key is sent to the server it is meant for only
};

// The judge of --judge, and what it takes.
struct JudgeChoice {
  std::string url, model, price;
};

struct BuildOptions {
  InputOptions input;
  std::string out, library, rollouts, labels, hub = "auto", web_search;
  JudgeChoice judge;
  std::size_t hub_trials = 6;
  double hub_max_gb = 0;
  LlmChoice llm;
  LlmChoice policy{.record = "policy.jsonl", .key_variable = "RLAR_POLICY_API_KEY"};  // llm "none": no policy is asked
  std::size_t policy_responses = 4;
  std::size_t threads = 0;
  bool quiet = false;
};
int Build(const BuildOptions& options);

struct ReportOptions {
  std::string directory, html, library_version;
  bool json = false;
};
int Report(const ReportOptions& options);

struct ServeOptions {
  std::string library, listen = "127.0.0.1:8088", token, length_policy = "keep", on_failure = "error";
  std::size_t threads = 0, queue = 1024, max_body_bytes = 64u << 20, deadline_ms = 30'000, tick_ms = 2'000, cache_mb = 64, runners = 0;
  bool gather = false, evolve = false;
  std::string follow;  // a FollowRule
  std::string records, config;
  std::size_t records_max_mb = 2048;
  double max_usd_per_1000 = 0;
};
int Serve(const ServeOptions& options);

struct ReplayOptions {
  std::string records, library, from, to;
  bool own_version = false, json = false;
};
int Replay(const ReplayOptions& options);

struct EvolveOptions {
  std::string library, labels, web_search;
  JudgeChoice judge;
  LlmChoice llm;
  std::string hub = "off";
  std::size_t threads = 0, every_s = 30;
  std::size_t min_rows = 12;
  bool watch = false, until_eof = false, quiet = false;
  std::string budget_per_hour;
};
int Evolve(const EvolveOptions& options);
int Rollback(const std::string& library, const std::string& version);
int Versions(const std::string& library);
int Approve(const std::string& library, const std::string& version);

struct RunOptions {
  std::string language = "python", file, input;
  double time_limit_s = 5, memory_limit_mb = 1024;
};
int Run(const RunOptions& options);

struct DoctorOptions {
  bool json = false;
};
int Doctor(const DoctorOptions& options);

struct EvalCorpusOptions {
  InputOptions input;
  std::string tool = "bleu", params;
  bool json = false;
};
int EvalCorpus(const EvalCorpusOptions& options);

// best-of-n and rewardbench2.
struct EvalRewardsOptions {
  InputOptions input;
  std::string suite, library, library_version, tool, params, scores;
  std::vector<std::string> compare;  // files of scores
  std::size_t threads = 0;
  bool json = false;
};
int EvalRewards(const EvalRewardsOptions& options);

struct EvalRouteOptions {
  InputOptions input;
  bool json = false;
};
int EvalRoute(const EvalRouteOptions& options);

// Shared by the commands.

// The client that `choice` names, recording in `directory`/build/llm; null for "none". `progress` hears of a model being fetched.
Result<std::unique_ptr<LlmClient>> MakeLlm(const LlmChoice& choice, const std::string& directory, const std::atomic<bool>* cancelled,
                                           std::function<void(const std::string& step, double share)> progress, std::shared_ptr<Budget> purse = nullptr);
// The web search that `choice` names; null where it is empty.
Result<std::unique_ptr<WebSearch>> MakeWeb(const std::string& choice);
// What `choice` lets a command spend, on language model and judges together.
Result<std::shared_ptr<Budget>> MakePurse(const LlmChoice& choice);
// An error that names `option`, where it limits dollars and nothing says what the model takes; the judge.
Result<void> NeedsPrice(const LlmChoice& choice, double usd, const std::string& option);
Result<void> NeedsJudgePrice(const JudgeChoice& judge, const LlmChoice& choice, double usd, const std::string& option);
// How judges are asked, recording in `directory`/build/judge. Judges without a price of their own cost what `judge` says, else what the language
// model takes. `purse` null: without a limit.
Result<std::unique_ptr<JudgeCalls>> MakeJudgeCalls(const JudgeChoice& judge, const LlmChoice& choice, const std::string& directory,
                                                   const std::atomic<bool>* cancelled, std::shared_ptr<Budget> purse = nullptr);

// What judges were asked, in a line; nothing where none was.
void PrintJudges(const JudgeCalls& judges);

// Prints "rlar: message" to standard error and returns 2.
int UsageError(const std::string& message);
// A reader of the rows that the options name; the error says which of them is wrong. `guess`: field names may be guessed.
// "IN,OUT" in US dollars per million tokens; empty: nothing. The error names the option.
Result<ModelPrice> ParsePrice(const std::string& option, const std::string& text);
Result<std::unique_ptr<RowReader>> OpenInput(const InputOptions& input, bool guess = true);
// The library's snapshot, or the built-in tools where `library` is empty.
Result<std::shared_ptr<const Snapshot>> LoadSnapshot(const std::string& library, const std::string& version);
// "name" or "name:version" checked against the snapshot, with the nearest name in the error.
Result<const Tool*> FindTool(const Snapshot& snapshot, const std::string& name);
// A JSON object given on the command line; null where empty.
Result<Json> ParseParams(const std::string& text);
std::size_t ThreadCount(std::size_t wanted);

}  // namespace rlar::cli
