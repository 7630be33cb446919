// code_tests: the response's code under the row's tests, in the sandbox. Forms of tests: assert lines (MBPP), a check function
// (HumanEval), standard input and output (APPS, LiveCodeBench), calls with expected results (LeetCode).
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "base/text.h"
#include "tools/bind.h"
#include "tools/factory.h"
#include "tools/sandboxed/code_text.h"
#include "tools/sandboxed/outcome_score.h"
#include "tools/sandboxed/sandboxed_tools.h"

namespace rlar {
namespace {

constexpr ParamSpec kParams[] = {
    {"tests", ParamSpec::Type::kAny, "null", "assert statements, each one test; one text with entry_point is a check function"},
    {"setup", ParamSpec::Type::kString, "null", "code that runs before the response's and is at the tests' hand too"},
    {"test", ParamSpec::Type::kString, "null", "code that defines check(candidate); needs entry_point"},
    {"entry_point", ParamSpec::Type::kString, "null", "the function that check is given"},
    {"cases", ParamSpec::Type::kArray, "null", R"(objects {"stdin","stdout"}, or {"args","expected"} with fn_name or class_name)"},
    {"fn_name", ParamSpec::Type::kString, "null", "the function (or method) that cases call"},
    {"class_name", ParamSpec::Type::kString, "null", "the class whose method cases call"},
    {"language", ParamSpec::Type::kString, "\"python\"", "of the response; others than python with stdin and stdout only", "python|cpp|javascript"},
    {"score", ParamSpec::Type::kString, "\"all\"", "1 where all tests pass, or the fraction that does", "all|fraction"},
    {"float_tolerance", ParamSpec::Type::kNumber, "null", "numbers this near (absolute, or relative above 1) are equal"},
    {"time_limit_s", ParamSpec::Type::kNumber, "5", "processor seconds of one run"},
    {"compile_limit_s", ParamSpec::Type::kNumber, "20", "processor seconds of the compiler"},
    {"memory_limit_mb", ParamSpec::Type::kNumber, "1024", "memory of one run"},
};

constexpr std::size_t kAtOnce = 4;  // responses of one group in flight

// What a judge of class-and-method tasks gives solutions without being asked.
constexpr std::string_view kClassPrelude =
    "from typing import *\nfrom collections import *\nfrom itertools import *\nfrom functools import *\nfrom heapq import *\n"
    "from bisect import *\nfrom math import *\nimport collections, itertools, functools, heapq, bisect, math, re, string, random, sys\n";

Prepared NeverPrepared(const Query&, const Params&, StepBudget&) { return Score::Failed(Class::kInternal, "not a native verifier"); }

const VerifierSpec kSpec{
    .name = "code_tests",
    .version = 1,
    .summary = "Runs the response's code under the row's tests, in the sandbox.",
    .needs_reference = false,
    .needs_prompt = false,
    .params = kParams,
    .source = "MBPP, HumanEval, APPS, LiveCodeBench and LeetCode forms of tests",
    .binary = false,
    .prepare = &NeverPrepared,
};

// A row's tests, read once for its responses.
struct TestPlan {
  enum class Form { kAsserts, kCheck, kCalls, kStreams } form = Form::kAsserts;
  Language language = Language::kPython;
  std::string setup, entry_point;
  std::vector<std::string> names;  // what the response may define
  Json harness;                    // the harness's job, without `setup`
  struct Stream {
    std::string input, expected;
  };
  std::vector<Stream> streams;
  std::size_t total = 1;
  bool fraction = false;
  double tolerance = -1;
  Limits limits;
  LanguageLimits language_limits;
};

Error Bad(std::string what) { return MakeError(ErrorCode::kInvalidArgument, std::move(what)); }

// A text, or lines to be joined.
Result<std::string> TextOf(const Json* value, const std::string& name) {
  if (value != nullptr && value->is_string()) return NormalNewlines(value->string());
  if (value != nullptr && value->is_array()) {
    std::string text;
    for (const Json& line : value->array()) {
      if (!line.is_string()) return Bad(name + " must be a string or a list of lines");
      text += NormalNewlines(line.string()) + "\n";
    }
    return text;
  }
  return Bad(name + " must be a string or a list of lines");
}

Result<void> ReadCases(const Params& params, TestPlan& plan) {
  const Json::Array& cases = params["cases"].array();
  if (cases.empty()) return Bad("cases is empty");
  plan.total = cases.size();
  const bool calls = params.given("fn_name") || params.given("class_name");
  plan.form = calls ? TestPlan::Form::kCalls : TestPlan::Form::kStreams;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string where = "cases[" + std::to_string(i) + "]";
    if (!cases[i].is_object()) return Bad(where + " must be an object");
    if (calls) {
      const Json* args = cases[i].Find("args");
      if (args == nullptr || !args->is_array()) return Bad(where + ".args must be a list");
      if (cases[i].Find("expected") == nullptr) return Bad(where + " has no 'expected'");
      continue;
    }
    const Json* input = cases[i].Find("stdin");
    auto in = input == nullptr ? Result<std::string>(std::string()) : TextOf(input, where + ".stdin");
    if (!in) return in.error();
    auto out = TextOf(cases[i].Find("stdout"), where + ".stdout");
    if (!out) return out.error();
    plan.streams.push_back({std::move(*in), std::move(*out)});
  }
  if (!calls) return {};
  plan.harness.Set("cases", params["cases"]);
  for (const char* name : {"fn_name", "class_name"}) {
    if (!params.given(name)) continue;
    plan.harness.Set(name, params.String(name));
    plan.names.push_back(params.String(name));
  }
  if (params.given("class_name")) plan.names = {params.String("class_name")};
  return {};
}

Result<void> ReadAsserts(const Json& given, TestPlan& plan) {
  Json tests = Json::Array{};
  std::map<std::string, std::size_t> called;
  if (!given.is_array() && !given.is_string()) return Bad("tests must be a list of assert statements, or one text");
  const Json::Array one{given};
  for (const Json& test : given.is_array() ? given.array() : one) {
    if (!test.is_string()) return Bad("tests must be a list of assert statements, or one text");
    tests.Push(NormalNewlines(test.string()));
    for (const std::string& name : CalledNames(test.string())) ++called[name];
  }
  if (tests.array().empty()) return Bad("tests is empty");
  plan.total = tests.array().size();
  for (const auto& [name, count] : called) plan.names.push_back(name);
  plan.harness.Set("tests", std::move(tests));
  return {};
}

Result<void> ReadForm(const Params& params, TestPlan& plan) {
  const int forms = params.given("tests") + params.given("test") + params.given("cases");
  if (forms != 1) return Bad("one of tests, test (with entry_point) and cases must be given" + std::string(forms > 1 ? ", not several" : ""));
  if (params.given("cases")) return ReadCases(params, plan);
  // Some data sets give the check function under the name `tests`.
  const bool check = params.given("test") || (params["tests"].is_string() && params.given("entry_point"));
  if (check) {
    if (!params.given("entry_point")) return Bad("test needs entry_point, the function that check is given");
    plan.form = TestPlan::Form::kCheck;
    plan.harness.Set("test", NormalNewlines((params.given("test") ? params["test"] : params["tests"]).string()));
    return {};
  }
  return ReadAsserts(params["tests"], plan);
}

Result<void> ReadLimits(const Params& params, TestPlan& plan) {
  for (const char* name : {"time_limit_s", "compile_limit_s", "memory_limit_mb"}) {
    if (!(params.Number(name) > 0 && params.Number(name) <= 1e6)) return Bad(std::string(name) + " must be above 0");
  }
  plan.limits.cpu = std::chrono::milliseconds(std::max(1L, static_cast<long>(params.Number("time_limit_s") * 1000)));
  plan.limits.memory_bytes = static_cast<std::size_t>(params.Number("memory_limit_mb") * 1048576.0);
  plan.language_limits.compile = std::chrono::milliseconds(static_cast<long>(params.Number("compile_limit_s") * 1000));
  if (params.given("float_tolerance")) {
    plan.tolerance = params.Number("float_tolerance");
    if (!(plan.tolerance >= 0)) return Bad("float_tolerance must not be negative");
    plan.harness.Set("float_tolerance", plan.tolerance);
  }
  return {};
}

Result<TestPlan> ReadPlan(const Params& params) {
  TestPlan plan;
  plan.language = LanguageFromName(params.String("language")).value();
  plan.fraction = params.String("score") == "fraction";
  if (params.given("setup")) plan.setup = NormalNewlines(params.String("setup"));
  if (params.given("entry_point")) {
    plan.entry_point = params.String("entry_point");
    plan.harness.Set("entry_point", plan.entry_point);
  }
  RLAR_TRY(ReadForm(params, plan));
  RLAR_TRY(ReadLimits(params, plan));
  if (!plan.entry_point.empty()) plan.names = {plan.entry_point};
  plan.harness.Set("score", plan.fraction ? "fraction" : "all");
  if (plan.language != Language::kPython && plan.form != TestPlan::Form::kStreams) {
    return Bad("language " + std::string(Name(plan.language)) + " goes with cases of stdin and stdout only");
  }
  return plan;
}

// The score of tests that were run. `results` may be shorter than `total`: those left count as failed.
Score Grade(const TestPlan& plan, const std::vector<bool>& results, std::size_t total, Class failed_class, const std::string& why) {
  total = std::max({total, results.size(), std::size_t{1}});
  const auto passed = static_cast<std::size_t>(std::count(results.begin(), results.end(), true));
  const double share = static_cast<double>(passed) / static_cast<double>(total);
  const double value = plan.fraction ? share : passed == total ? 1.0 : 0.0;
  Score score = Score::Ok(value, value < 1 ? failed_class : Class::kNone,
                          value < 1 ? std::to_string(passed) + " of " + std::to_string(total) + " tests passed" + (why.empty() ? "" : "; " + why) : "");
  score.Add("passed", static_cast<double>(passed));
  score.Add("total", static_cast<double>(total));
  for (std::size_t i = 0; i < results.size(); ++i) score.Add("test/" + std::to_string(i), results[i] ? 1 : 0);
  return score;
}

Score FromReport(const TestPlan& plan, const TestReport& report) {
  if (!IsProgramsOwn(report.run.outcome)) return *ScoreOfOutcome(report.run);
  if (report.stage == TestReport::Stage::kBrokenTests) return Score::Invalid(Class::kBadParams, report.error);
  const std::size_t total = std::max(plan.total, report.total);
  Class failed = Class::kResponseWrong;
  std::string why = report.error;
  if (const auto ended = ScoreOfOutcome(report.run); ended && report.stage != TestReport::Stage::kDone) {
    failed = ended->error_class();
    if (failed != Class::kResponseCrashed || why.empty()) why = ended->reason();
  } else if (report.stage == TestReport::Stage::kLoad || report.stage == TestReport::Stage::kGone) {
    const bool syntax = why.starts_with("SyntaxError") || why.starts_with("IndentationError") || why.starts_with("TabError");
    failed = syntax ? Class::kResponseUnparsable : why.starts_with("MemoryError") ? Class::kResponseMemoryLimit : Class::kResponseCrashed;
  } else if (report.stage == TestReport::Stage::kData) {
    failed = Class::kResponseMemoryLimit;
  }
  Score score = Grade(plan, report.results, total, failed, why);
  if (report.guest_compared) score.Add("guest_compared", 1);
  return score;
}

// Runs `work` for 0 … count-1, a few at once: most of a hanging program's time is waiting, and a group may hold many.
void ForEachAtOnce(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto worker = [&] {
    for (std::size_t i; (i = next++) < count;) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(count, kAtOnce); ++i) others.emplace_back(worker);
  worker();
}

class CodeTests final : public Tool {
 public:
  CodeTests() : binder_(kSpec), card_(NativeCard(kSpec)) {
    card_.isolation = "sandbox";
    card_.needs.push_back("params.tests|test|cases");
  }
  const ToolCard& card() const override { return card_; }
  std::string isolation() const override {
    const auto level = Sandbox::Shared().Level();
    return level ? std::string(Name(*level)) : "none";
  }
  Result<void> CheckParams(const Json& params) const override { return binder_.CheckFixed(params); }

  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& fixed, const CallContext& context) const override {
    const auto all = [&](const Score& score) { return std::vector<Score>(responses.size(), score); };
    auto params = binder_.Bind(query.params, fixed);
    if (!params) return all(Score::Invalid(Class::kBadParams, params.error().message));
    auto plan = ReadPlan(*params);
    if (!plan) return all(Score::Invalid(Class::kBadParams, "code_tests: " + plan.error().message));
    std::map<std::string_view, std::size_t> first;  // policies repeat themselves: equal texts are run once
    std::vector<std::size_t> distinct;
    for (std::size_t i = 0; i < responses.size(); ++i) {
      if (first.try_emplace(responses[i].text, i).second) distinct.push_back(i);
    }
    std::vector<std::optional<Score>> scores(responses.size());
    ForEachAtOnce(distinct.size(), [&](std::size_t i) { scores[distinct[i]] = ScoreOne(*plan, query, responses[distinct[i]], context.deadline); });
    std::vector<Score> all_scores;
    for (const Response& response : responses) all_scores.push_back(*scores[first.at(response.text)]);
    return all_scores;
  }

 private:
  static Score ScoreOne(const TestPlan& plan, const Query& query, const Response& response, const Deadline& deadline) {
    const std::string code = CodeOf(response.text, plan.language, plan.names);
    if (Trim(code).empty()) return Score::Ok(0, Class::kResponseEmpty, "the response holds no code");
    return plan.form == TestPlan::Form::kStreams ? ScoreStreams(plan, code, deadline) : ScoreFunctions(plan, query, code, deadline);
  }

  static Score ScoreFunctions(const TestPlan& plan, const Query& query, const std::string& code, const Deadline& deadline) {
    AssembledCode assembled{{code}, ""};
    if (!plan.entry_point.empty()) assembled = Assemble(query.prompt, code, plan.entry_point);
    Json setup = Json::Array{};
    if (plan.form == TestPlan::Form::kCalls) setup.Push(kClassPrelude);
    if (!plan.setup.empty()) setup.Push(plan.setup);
    // The prompt's imports and helpers are the tests' own, whatever the response makes of those names.
    if (!assembled.head.empty()) setup.Push(assembled.head);
    Json job = plan.harness;
    job.Set("setup", setup);
    return FromReport(plan, Sandbox::Shared().RunTests(assembled.sources, job, plan.limits, deadline));
  }

  static Score ScoreStreams(const TestPlan& plan, const std::string& code, const Deadline& deadline) {
    Sandbox& sandbox = Sandbox::Shared();
    PreparedProgram program;
    const RunResult prepared = PrepareProgram(sandbox, plan.language, {code}, plan.language_limits, deadline, program);
    if (prepared.outcome == Outcome::kNonzeroExit) return Grade(plan, {}, plan.total, Class::kResponseUnparsable, "it does not compile");
    if (auto failed = ScoreOfOutcome(prepared)) return *failed;
    std::vector<bool> results;
    Class failed = Class::kResponseWrong;
    std::string why;
    for (const TestPlan::Stream& stream : plan.streams) {
      const RunResult run = RunPrepared(sandbox, program, stream.input, plan.limits, deadline);
      if (!IsProgramsOwn(run.outcome)) return *ScoreOfOutcome(run);
      const auto ended = ScoreOfOutcome(run);
      results.push_back(!ended && !run.truncated && SameOutput(run.out, stream.expected, plan.tolerance));
      if (results.back()) continue;
      if (why.empty()) {
        failed = ended ? ended->error_class() : Class::kResponseWrong;
        why = "case " + std::to_string(results.size()) + ": " + (ended ? ended->reason() : run.truncated ? "too much output" : "another output");
      }
      if (!plan.fraction) break;
    }
    return Grade(plan, results, plan.total, failed, why);
  }

  ParamBinder binder_;
  ToolCard card_;
};

}  // namespace

std::unique_ptr<Tool> MakeCodeTests() { return std::make_unique<CodeTests>(); }

}  // namespace rlar
