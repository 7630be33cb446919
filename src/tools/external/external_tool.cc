#include "tools/external/external_tool.h"

#include <cmath>
#include <mutex>

#include "base/fs.h"
#include "base/hash.h"
#include "process/child.h"
#include "process/python.h"
#include "tools/external/http_form.h"
#include "tools/external/worker_source.h"
#include "tools/reference_json.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxAnswerBytes = 16u << 20;

struct Program {
  std::string python, file, sha256, function, url, form;
  double low = 0, high = 1;
  std::chrono::milliseconds timeout{10'000};
};

Result<Program> ReadProgram(const ToolCard& card) {
  Program program;
  const auto text = [&](std::string_view key, std::string& out) {
    if (const Json* value = card.program.Find(key); value != nullptr && value->is_string()) out = value->string();
  };
  text("python", program.python);
  text("file", program.file);
  text("sha256", program.sha256);
  text("function", program.function);
  text("url", program.url);
  text("form", program.form);
  if (const Json* range = card.program.Find("range"); range != nullptr && range->is_array() && range->array().size() == 2) {
    program.low = range->array()[0].is_number() ? range->array()[0].number() : NAN;
    program.high = range->array()[1].is_number() ? range->array()[1].number() : NAN;
  }
  if (const Json* timeout = card.program.Find("timeout_ms"); timeout != nullptr && timeout->is_number()) {
    program.timeout = std::chrono::milliseconds(static_cast<long>(timeout->number()));
  }
  const bool python = !program.file.empty() && !program.function.empty() && !program.python.empty() &&
                      (program.form == "verl" || program.form == "trl" || program.form == "openrlhf");
  const bool http = !program.url.empty() && (program.form == "remote_rm" || program.form == "get_reward");
  if ((!python && !http) || !(program.low < program.high) || program.timeout.count() <= 0) {
    return MakeError(ErrorCode::kCorrupt, "tool '" + card.id.name + "': its program cannot be read");
  }
  return program;
}

Json Request(const Query& query, std::span<const Response> responses) {
  Json request;
  request.Set("prompt", query.prompt);
  request.Set("messages", TurnsJson(query.messages));
  request.Set("reference", ReferenceJson(query.reference));
  request.Set("source", query.source);
  request.Set("params", query.params);
  request.Set("extra", query.extra);
  Json texts = Json::Array{}, turns = Json::Array{};
  bool any = false;
  for (const Response& response : responses) {
    texts.Push(response.text);
    Json about = Json::Object{};
    if (!response.messages.empty()) about.Set("messages", TurnsJson(response.messages));
    if (!response.state.is_null()) about.Set("state", response.state);
    any = any || !about.object().empty();
    turns.Push(std::move(about));
  }
  request.Set("responses", std::move(texts));
  if (any) request.Set("turns", std::move(turns));
  return request;
}

Class FailureClass(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout: return Class::kTimeout;
    case ErrorCode::kUnavailable: return Class::kUnavailable;
    case ErrorCode::kOverloaded: return Class::kOverload;
    default: return Class::kCrash;
  }
}

// One answer of the function → one score.
Score ReadScore(const Json& value, const Program& program) {
  if (value.is_null()) return Score::Invalid(Class::kBadRow, "the function does not apply to this row (it answered None)");
  if (!value.is_number()) return Score::Failed(Class::kUnparsable, "the function answered " + value.Dump().substr(0, 60));
  const double number = value.number();
  const double mapped = (number - program.low) / (program.high - program.low);
  if (!(mapped >= 0 && mapped <= 1)) {
    return Score::Failed(Class::kOutOfRange,
                         "the function answered " + value.Dump() + ", outside its range [" + Json(program.low).Dump() + ", " + Json(program.high).Dump() + "]");
  }
  Score score = Score::Ok(mapped, mapped == 0 ? Class::kResponseWrong : Class::kNone);
  if (program.low != 0 || program.high != 1) score.Add("score", number);
  return score;
}

class ExternalTool final : public Tool {
 public:
  ExternalTool(ToolCard card, Program program) : card_(std::move(card)), program_(std::move(program)) {}
  const ToolCard& card() const override { return card_; }

  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json&, const CallContext& context) const override {
    const Deadline deadline = context.deadline.Within(program_.timeout);
    const auto answer = program_.url.empty() ? AskChild(Request(query, responses), deadline) : AskHttp(program_.url, program_.form, query, responses, deadline);
    if (!answer) {
      return std::vector<Score>(responses.size(), Score::Failed(FailureClass(answer.error().code), card_.id.name + ": " + answer.error().ToString()));
    }
    std::vector<Score> scores;
    for (const Json& value : answer->array()) scores.push_back(ReadScore(value, program_));
    if (scores.size() != responses.size()) {
      return std::vector<Score>(responses.size(), Score::Failed(Class::kUnparsable, card_.id.name + ": wrong number of scores"));
    }
    return scores;
  }

  Result<void> CheckParams(const Json& params) const override {
    if (params.is_null() || (params.is_object() && params.object().empty())) return {};
    return MakeError(ErrorCode::kInvalidArgument, card_.id.name + " takes no parameters");
  }

 private:
  // One request at a time: the function may keep state of its own, and one interpreter runs one thing at a time anyway.
  Result<Json> AskChild(const Json& request, const Deadline& deadline) const {
    const std::lock_guard lock(mutex_);
    if (!child_) RLAR_TRY(Start(deadline));
    auto reply = Exchange(request, deadline);
    // A child that failed in the middle of an exchange may answer late: never reuse it.
    if (!reply) child_.reset();
    return reply;
  }

  Result<void> Start(const Deadline& deadline) const {
    const auto content = ReadFile(program_.file);
    if (!content) return MakeError(ErrorCode::kUnavailable, "its file cannot be read", content.error());
    if (Sha256Hex(*content) != program_.sha256) {
      return MakeError(ErrorCode::kUnavailable, program_.file + " has changed since it was admitted: add it again");
    }
    const ChildOptions options = PythonProgram(kWorkerSource, {program_.file, program_.function, program_.form}, program_.python);
    auto child = Child::Spawn(options);
    if (!child) return child.error();
    auto ready = child->ReadLine(deadline, kMaxAnswerBytes);
    if (!ready) return MakeError(ready.error().code, "the function did not load", ready.error());
    auto json = ParseJson(*ready);
    const Json* flag = json ? json->Find("ready") : nullptr;
    if (flag == nullptr || !flag->is_bool() || !flag->boolean()) {
      const Json* error = json ? json->Find("error") : nullptr;
      return MakeError(ErrorCode::kUnavailable, "the function did not load: " + (error != nullptr && error->is_string() ? error->string() : *ready));
    }
    child_ = std::make_unique<Child>(std::move(*child));
    return {};
  }

  Result<Json> Exchange(const Json& request, const Deadline& deadline) const {
    RLAR_TRY(child_->Write(request.Dump() + "\n", deadline));
    auto line = child_->ReadLine(deadline, kMaxAnswerBytes);
    if (!line) return line.error();
    auto reply = ParseJson(*line);
    if (!reply) return MakeError(ErrorCode::kInternal, "its answer is not JSON", reply.error());
    if (const Json* error = reply->Find("error"); error != nullptr && error->is_string()) {
      return MakeError(ErrorCode::kInternal, "the function raised " + error->string());
    }
    const Json* scores = reply->Find("scores");
    if (scores == nullptr || !scores->is_array()) return MakeError(ErrorCode::kInternal, "its answer holds no scores");
    return *scores;
  }

  ToolCard card_;
  Program program_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Child> child_;  // guarded by mutex_; started at the first call, and anew after a failure
};

}  // namespace

Result<std::unique_ptr<Tool>> MakeExternalTool(const ToolCard& card) {
  auto program = ReadProgram(card);
  if (!program) return program.error();
  return std::unique_ptr<Tool>(std::make_unique<ExternalTool>(card, std::move(*program)));
}

}  // namespace rlar
