// POST /run_code in SandboxFusion's shape: {"code", "language", "stdin"?, "run_timeout"?, "compile_timeout"?, "memory_limit_MB"?,
// "files"? {name: base64}} → {"status": "Success" | "Failed" | "SandboxError", "message", "compile_result", "run_result"}.
// "Failed" is the program's own failure; "SandboxError" is ours (overload, no sandbox) and never the program's.
#include <algorithm>

#include "base/text.h"
#include "sandbox/languages.h"
#include "serve/service.h"

namespace rlar {
namespace {

constexpr double kDefaultSeconds = 10, kMostSeconds = 3600;

std::optional<Language> LanguageOf(const std::string& name) {
  if (name == "nodejs" || name == "js") return Language::kJavaScript;
  if (name == "pytest") return std::nullopt;
  return LanguageFromName(name);
}

// A number of the body, `fallback` where it is missing, null or not above 0 (which means "no limit" there).
double Positive(const Json& body, std::string_view key, double fallback) {
  const Json* value = body.Find(key);
  return value != nullptr && value->is_number() && value->number() > 0 ? value->number() : fallback;
}

std::chrono::milliseconds Seconds(double seconds) { return std::chrono::milliseconds(std::max(1L, static_cast<long>(std::min(seconds, kMostSeconds) * 1000))); }

Json ResultOf(const RunResult& run) {
  const bool late = run.outcome == Outcome::kCpuLimit || run.outcome == Outcome::kWallLimit;
  Json result;
  result.Set("status", !IsProgramsOwn(run.outcome) ? "Error" : late ? "TimeLimitExceeded" : "Finished");
  result.Set("execution_time", run.wall_ms / 1000);
  // As a shell gives it; the limits other than time have no code of their own there.
  const int code = run.signal != 0 ? 128 + run.signal : run.outcome == Outcome::kOk ? 0 : std::max(1, run.exit_code);
  result.Set("return_code", late ? Json() : Json(code));
  result.Set("stdout", ReplaceBadUtf8(run.out));
  result.Set("stderr", ReplaceBadUtf8(run.err));
  result.Set("outcome", Name(run.outcome));
  return result;
}

HttpReply Answer(const char* status, const std::string& message, Json compile_result, Json run_result) {
  Json reply;
  reply.Set("status", status);
  reply.Set("message", message);
  reply.Set("compile_result", std::move(compile_result));
  reply.Set("run_result", std::move(run_result));
  reply.Set("executor_pod_name", Json());
  reply.Set("files", Json(Json::Object{}));
  return {200, reply.Dump()};
}

}  // namespace

HttpReply HandleRunCode(RewardService& service, const HttpRequest& request, const Json& body) {
  const Json* code = body.Find("code");
  const Json* language_name = body.Find("language");
  if (code == nullptr || !code->is_string()) return ErrorReply(400, "the body needs the string 'code'");
  if (language_name == nullptr || !language_name->is_string()) return ErrorReply(400, "the body needs the string 'language'");
  const auto language = LanguageOf(language_name->string());
  if (!language) return ErrorReply(400, "language '" + language_name->string() + "' is not one of python, cpp, nodejs");
  if (const Json* fetch = body.Find("fetch_files"); fetch != nullptr && fetch->is_array() && !fetch->array().empty()) {
    return ErrorReply(400, "'fetch_files' is not served: a run's folder ends with it; print what you need");
  }
  std::string input;
  if (const Json* given = body.Find("stdin"); given != nullptr && given->is_string()) input = given->string();
  PreparedProgram program;
  if (const Json* files = body.Find("files"); files != nullptr && files->is_object()) program.files = *files;
  Limits limits;
  limits.cpu = Seconds(Positive(body, "run_timeout", kDefaultSeconds));
  limits.memory_bytes = static_cast<std::size_t>(Positive(body, "memory_limit_MB", 1024) * 1048576.0);
  LanguageLimits language_limits;
  language_limits.compile = Seconds(Positive(body, "compile_timeout", kDefaultSeconds));
  const Deadline deadline = service.DeadlineFor(request, nullptr);
  Sandbox& sandbox = Sandbox::Shared();
  RunResult compiled, run;
  const bool taken = service.RunInTurn("run_code", [&] {
    compiled = PrepareProgram(sandbox, *language, {code->string()}, language_limits, deadline, program);
    if (compiled.outcome == Outcome::kOk) run = RunPrepared(sandbox, program, std::move(input), limits, deadline);
  });
  if (!taken) return Overloaded();
  Json compile_result = *language == Language::kCpp ? ResultOf(compiled) : Json();
  if (!IsProgramsOwn(compiled.outcome)) return Answer("SandboxError", compiled.detail, Json(), Json());
  if (compiled.outcome != Outcome::kOk) return Answer("Failed", "", std::move(compile_result), Json());
  if (!IsProgramsOwn(run.outcome)) return Answer("SandboxError", run.detail, std::move(compile_result), Json());
  return Answer(run.outcome == Outcome::kOk ? "Success" : "Failed", "", std::move(compile_result), ResultOf(run));
}

}  // namespace rlar
