// Our own worker (worker.py) with one transformers model: one that runs beside us (`rlar models start`), else a child process.
#include <cmath>
#include <mutex>
#include <optional>

#include "base/hash.h"
#include "process/child.h"
#include "process/python.h"
#include "process/worker_state.h"
#include "tools/reference_json.h"
#include "tools/reward_model/backend.h"
#include "tools/reward_model/model_worker_source.h"
#include "tools/reward_model/worker_program.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxAnswerBytes = 16u << 20;
constexpr auto kLoadLimit = std::chrono::minutes(10);

// What worker.py is told.
Json Options(const ModelAdapter& adapter) {
  Json options;
  options.Set("model", adapter.model_dir);
  options.Set("chat_template", adapter.chat_template);
  if (adapter.chat_template == "format") options.Set("format", adapter.format);
  options.Set("head", adapter.head);
  options.Set("max_length", adapter.max_length);
  options.Set("device", adapter.device);
  options.Set("threads", 2);
  options.Set("trust_remote_code", adapter.trust_remote_code);
  options.Set("allow_pickle", adapter.allow_pickle);
  return options;
}

class WorkerBackend final : public ModelBackend {
 public:
  explicit WorkerBackend(const ModelAdapter& adapter) : adapter_(adapter) {}
  std::size_t max_batch() const override { return adapter_.max_batch; }
  std::string name() const override { return adapter_.model.empty() ? adapter_.model_dir : adapter_.model; }

  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    const std::lock_guard lock(mutex_);
    if (!refusal_.empty()) return MakeError(ErrorCode::kInvalidArgument, refusal_);
    if (child_ != nullptr && !child_->Running()) child_.reset();
    if (child_ == nullptr && !link_) RLAR_TRY(Join());
    if (child_ == nullptr && !link_) RLAR_TRY(Start());
    auto scores = Exchange(items, deadline);
    // A worker that failed in the middle of an exchange may answer late: never reuse it. A complaint about this batch is an answer.
    if (!scores && scores.error().code != ErrorCode::kCorrupt) {
      child_.reset();
      link_.reset();
    }
    return scores;
  }

 private:
  // The worker that `rlar models start` runs for this model, where there is one. While that is being started it is waited for: a second
  // one beside it would take the memory twice.
  Result<void> Join() {
    const auto directory = WorkerDirectory();
    const auto running = FindWorker(directory, WorkerKey(adapter_));
    if (!running) return {};
    if (running->state != "ready") return MakeError(ErrorCode::kUnavailable, "the worker '" + running->name + "' is being started");
    auto link = LinePipe::Connect(directory / (running->name + ".sock"));
    if (!link) return link.error();
    link_.emplace(std::move(*link));
    return {};
  }

  // Loading has a limit of its own: the first callers wait for the model, not for their batch.
  Result<void> Start() {
    auto child = Child::Spawn(WorkerProgram(adapter_));
    if (!child) return child.error();
    auto line = child->ReadLine(Deadline::After(kLoadLimit), kMaxAnswerBytes);
    if (!line) return MakeError(ErrorCode::kUnavailable, "the model worker did not start", line.error());
    const auto ready = ParseJson(*line);
    const Json* error = ready ? ready->Find("error") : nullptr;
    if (error != nullptr && error->is_string()) {
      refusal_ = error->string();
      return MakeError(ErrorCode::kInvalidArgument, refusal_);
    }
    if (!ready || ready->Find("ready") == nullptr) return MakeError(ErrorCode::kUnavailable, "the model worker did not start");
    child_ = std::make_unique<Child>(std::move(*child));
    return {};
  }

  Result<std::vector<ModelScore>> Exchange(std::span<const ModelItem> items, const Deadline& deadline) {
    Json request, list = Json::Array{};
    for (const ModelItem& item : items) {
      Json entry;
      entry.Set("messages", MessagesJson(item.messages));
      entry.Set("response", item.response);
      list.Push(std::move(entry));
    }
    request.Set("items", std::move(list));
    const std::string text = request.Dump() + "\n";
    RLAR_TRY(link_ ? link_->Write(text, deadline) : child_->Write(text, deadline));
    auto line = link_ ? link_->ReadLine(deadline, kMaxAnswerBytes) : child_->ReadLine(deadline, kMaxAnswerBytes);
    if (!line) return line.error();
    auto reply = ParseJson(*line);
    if (!reply) return MakeError(ErrorCode::kUnavailable, "its answer is not JSON");
    if (const Json* error = reply->Find("error"); error != nullptr && error->is_string()) {
      return MakeError(ErrorCode::kCorrupt, error->string());
    }
    const Json* scores = reply->Find("scores");
    const Json* truncated = reply->Find("truncated");
    if (scores == nullptr || !scores->is_array() || truncated == nullptr || !truncated->is_array() || scores->array().size() != items.size() ||
        truncated->array().size() != items.size()) {
      return MakeError(ErrorCode::kUnavailable, "its answer has a wrong form");
    }
    std::vector<ModelScore> out;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Json& score = scores->array()[i];
      if (!score.is_number()) return MakeError(ErrorCode::kCorrupt, "a score is no number");
      out.push_back({score.number(), truncated->array()[i] == Json(true)});
    }
    return out;
  }

  const ModelAdapter adapter_;
  std::mutex mutex_;
  std::unique_ptr<Child> child_;  // guarded by mutex_; started at the first call, and anew after it died
  std::optional<LinePipe> link_;  // guarded by mutex_; to a worker that runs already, instead
  std::string refusal_;           // guarded by mutex_: why this model can never be loaded
};

}  // namespace

ChildOptions WorkerProgram(const ModelAdapter& adapter) { return PythonProgram(kModelWorkerSource, {Options(adapter).Dump()}, ModelsPython()); }

std::string WorkerKey(const ModelAdapter& adapter) { return Sha256Hex(Options(adapter).DumpCanonical()).substr(0, 16); }

std::unique_ptr<ModelBackend> MakeWorkerBackend(const ModelAdapter& adapter) { return std::make_unique<WorkerBackend>(adapter); }

}  // namespace rlar
