// Our own worker (worker.py): a child process with one transformers model.
#include <cmath>
#include <mutex>

#include "process/child.h"
#include "process/python.h"
#include "tools/reference_json.h"
#include "tools/reward_model/backend.h"
#include "tools/reward_model/model_worker_source.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxAnswerBytes = 16u << 20;
constexpr auto kLoadLimit = std::chrono::minutes(10);

class WorkerBackend final : public ModelBackend {
 public:
  explicit WorkerBackend(const ModelAdapter& adapter) : adapter_(adapter) {}
  std::size_t max_batch() const override { return adapter_.max_batch; }
  std::string name() const override { return adapter_.model.empty() ? adapter_.model_dir : adapter_.model; }

  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    const std::lock_guard lock(mutex_);
    if (!refusal_.empty()) return MakeError(ErrorCode::kInvalidArgument, refusal_);
    if (child_ != nullptr && !child_->Running()) child_.reset();
    if (child_ == nullptr) RLAR_TRY(Start());
    auto scores = Exchange(items, deadline);
    // A child that failed in the middle of an exchange may answer late: never reuse it. A complaint about this batch is an answer.
    if (!scores && scores.error().code != ErrorCode::kCorrupt) child_.reset();
    return scores;
  }

 private:
  // Loading has a limit of its own: the first callers wait for the model, not for their batch.
  Result<void> Start() {
    Json options;
    options.Set("model", adapter_.model_dir);
    options.Set("chat_template", adapter_.chat_template);
    options.Set("head", adapter_.head);
    options.Set("max_length", adapter_.max_length);
    options.Set("device", adapter_.device);
    options.Set("threads", 2);
    options.Set("trust_remote_code", adapter_.trust_remote_code);
    options.Set("allow_pickle", adapter_.allow_pickle);
    auto child = Child::Spawn(PythonProgram(kModelWorkerSource, {options.Dump()}, ModelsPython()));
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
    RLAR_TRY(child_->Write(request.Dump() + "\n", deadline));
    auto line = child_->ReadLine(deadline, kMaxAnswerBytes);
    if (!line) return line.error();
    auto reply = ParseJson(*line);
    if (!reply) return MakeError(ErrorCode::kUnavailable, "its answer is not JSON");
    if (const Json* error = reply->Find("error"); error != nullptr && error->is_string()) {
      return MakeError(ErrorCode::kCorrupt, error->string());
    }
    const Json* scores = reply->Find("scores");
    const Json* truncated = reply->Find("truncated");
    if (scores == nullptr || !scores->is_array() || truncated == nullptr || !truncated->is_array() ||
        scores->array().size() != items.size() || truncated->array().size() != items.size()) {
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
  std::string refusal_;           // guarded by mutex_: why this model can never be loaded
};

}  // namespace

std::unique_ptr<ModelBackend> MakeWorkerBackend(const ModelAdapter& adapter) { return std::make_unique<WorkerBackend>(adapter); }

}  // namespace rlar
