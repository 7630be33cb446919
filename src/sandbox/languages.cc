#include "sandbox/languages.h"

#include <unistd.h>

namespace rlar {
namespace {

constexpr std::string_view kNames[] = {"python", "cpp", "javascript"};
constexpr const char* kCompiler = "/usr/bin/g++";
constexpr const char* kNode = "/usr/bin/node";

RunResult Missing(const char* program) {
  RunResult result;
  result.outcome = Outcome::kUnavailable;
  result.detail = std::string(program) + " is not installed";
  return result;
}

Json Strings(std::initializer_list<std::string_view> items) {
  Json list = Json::Array{};
  for (const std::string_view item : items) list.Push(item);
  return list;
}

// Node's own heap limit, below ours: it then says that memory ran out instead of crashing.
std::string HeapOption(const Limits& limits) {
  return "--max-old-space-size=" + std::to_string(std::max<std::size_t>(16, limits.memory_bytes / 1048576 * 3 / 4));
}

}  // namespace

std::string_view Name(Language language) { return kNames[static_cast<int>(language)]; }

std::optional<Language> LanguageFromName(std::string_view name) {
  for (int i = 0; i < 3; ++i) {
    if (kNames[i] == name) return static_cast<Language>(i);
  }
  return std::nullopt;
}

RunResult PrepareProgram(Sandbox& sandbox, Language language, std::vector<std::string> sources, const LanguageLimits& limits, const Deadline& deadline,
                         PreparedProgram& program) {
  program.language = language;
  program.sources = std::move(sources);
  RunResult ready;
  ready.outcome = Outcome::kOk;
  if (language == Language::kJavaScript) return ::access(kNode, X_OK) == 0 ? ready : Missing(kNode);
  if (language != Language::kCpp) return ready;
  if (::access(kCompiler, X_OK) != 0) return Missing(kCompiler);
  Json files, job;
  files.Set("program.cc", program.sources.front());
  job.Set("mode", "build");
  job.Set("files", std::move(files));
  job.Set("argv", Strings({kCompiler, "-std=c++20", "-O2", "-pipe", "-o", "program", "program.cc"}));
  job.Set("result", "program");
  RunJob run;
  run.job = job.Dump();
  run.limits.cpu = limits.compile;
  run.limits.memory_bytes = 2ull << 30;
  run.starts_processes = true;
  run.limits.file_bytes = 128u << 20;
  run.on_frame = [&](std::string_view frame) {
    if (frame.starts_with("binary")) program.binary = frame.substr(6);
    return std::string();
  };
  RunResult built = sandbox.RunProgram(run, deadline);
  if (built.outcome == Outcome::kOk && program.binary.empty()) built.outcome = Outcome::kNonzeroExit;
  return built;
}

RunResult RunPrepared(Sandbox& sandbox, const PreparedProgram& program, std::string input, const Limits& limits, const Deadline& deadline) {
  Json job;
  RunJob run;
  run.limits = limits;
  run.input = std::move(input);
  if (program.language == Language::kPython) {
    Json list = Json::Array{};
    for (const std::string& source : program.sources) list.Push(source);
    job.Set("mode", "script");
    job.Set("sources", std::move(list));
  } else {
    job.Set("mode", "program");
    if (program.language == Language::kCpp) {
      job.Set("binary", true);
      job.Set("argv", Strings({"./program"}));
      run.attachment = program.binary;
    } else {
      Json files;
      files.Set("program.js", program.sources.front());
      job.Set("files", std::move(files));
      job.Set("argv", Strings({kNode, HeapOption(limits), "program.js"}));
      run.limits.reserves_memory = true;
    }
  }
  if (program.files.is_object()) job.Set("attached", program.files);
  run.job = job.Dump();
  return sandbox.RunProgram(run, deadline);
}

RunResult RunSource(Sandbox& sandbox, Language language, const std::string& source, std::string input, const Limits& limits,
                    const LanguageLimits& language_limits, const Deadline& deadline) {
  PreparedProgram program;
  RunResult prepared = PrepareProgram(sandbox, language, {source}, language_limits, deadline, program);
  if (prepared.outcome != Outcome::kOk) return prepared;
  return RunPrepared(sandbox, program, std::move(input), limits, deadline);
}

}  // namespace rlar
