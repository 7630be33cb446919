#include "tools/sandboxed/outcome_score.h"

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kReasonBytes = 300;

// The end of what the program wrote to standard error: where the error stands.
std::string LastWords(std::string_view text) {
  text = Trim(text);
  if (text.size() > kReasonBytes) text.remove_prefix(text.size() - kReasonBytes);
  const std::string clean = ReplaceBadUtf8(text);
  return clean.substr(clean.find_last_of('\n') + 1);
}

}  // namespace

std::optional<Score> ScoreOfOutcome(const RunResult& run) {
  const std::string said = run.err.empty() ? "" : ": " + LastWords(run.err);
  switch (run.outcome) {
    case Outcome::kOk: return std::nullopt;
    case Outcome::kNonzeroExit: return Score::Ok(0, Class::kResponseCrashed, "exit code " + std::to_string(run.exit_code) + said);
    case Outcome::kSignal: return Score::Ok(0, Class::kResponseCrashed, "ended by signal " + std::to_string(run.signal) + said);
    case Outcome::kProcessLimit: return Score::Ok(0, Class::kResponseCrashed, "too many processes or threads");
    case Outcome::kFileLimit: return Score::Ok(0, Class::kResponseCrashed, "a file grew too large, or its folder full");
    case Outcome::kCpuLimit: return Score::Ok(0, Class::kResponseTimeLimit, "used up its processor time");
    case Outcome::kWallLimit: return Score::Ok(0, Class::kResponseTimeLimit, "slept or waited past its time limit");
    case Outcome::kMemoryLimit: return Score::Ok(0, Class::kResponseMemoryLimit, "used up its memory");
    case Outcome::kOverload: return Score::Failed(run.detail.find("deadline") != std::string::npos ? Class::kTimeout : Class::kOverload, run.detail);
    case Outcome::kUnavailable: return Score::Failed(Class::kUnavailable, run.detail);
  }
  return Score::Failed(Class::kInternal, "unknown outcome");
}

}  // namespace rlar
