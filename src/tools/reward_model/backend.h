// ModelBackend: where a reward model runs. It is asked for batches of conversations and answers raw logits, in order.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rlar/sample.h"
#include "rlar/tool.h"
#include "tools/reward_model/spend.h"

namespace rlar {

struct ModelItem {
  std::vector<Message> messages;  // the prompt's turns
  std::string response;
  std::string reference;                   // judges see it; empty where there is none
  std::vector<RubricItem> rubric;          // the row's own; empty: the judge's
  std::vector<std::string> together = {};  // judges: the responses that are shown in one call, in this order, instead of `response`
  // The same text is the same item: what in-flight requests are shared by.
  std::string Key() const;
};

struct ModelScore {
  double logit = 0;                   // finite; of a judge the grade in [0, 1]
  bool truncated = false;             // the text was longer than the model reads
  Score::Components components = {};  // judges: a grade in [0, 1] for each criterion, in the rubric's order, before all others
  std::vector<ModelScore> each = {};  // of `together`, in its order; the logit beside it says nothing
  double usd = 0;                     // judges: what the call cost, or this response's share of its group's calls
};

// Thread-safe.
class ModelBackend {
 public:
  virtual ~ModelBackend() = default;
  // One score an item, in order. Errors: timeout, unavailable (not there, 5xx, cut off), overloaded (429, 503), corrupt (an answer with a
  // wrong count, a missing index, or what is no finite number), invalid_argument (it will never take this request).
  virtual Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) = 0;
  virtual std::size_t max_batch() const = 0;
  virtual std::string name() const = 0;
};

// What callers hold: a backend behind a batcher (batcher.h). Thread-safe.
class ModelClient {
 public:
  virtual ~ModelClient() = default;
  // One result an item, in order: what is wrong with one text costs no other. Judges of whole groups (judge_group.h) take the items of one
  // call as one group.
  virtual std::vector<Result<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) = 0;
};

// What a card's `program` says about where its model runs (docs/reward_models.md).
struct ModelAdapter {
  std::string backend;                          // transformers | vllm | sglang | tei | llamacpp | judge
  std::string url;                              // of a server
  std::string model;                            // name on the server, or repository it comes from
  std::string revision;                         // commit
  std::string model_dir;                        // transformers: folder with config, tokenizer and safetensors
  std::string chat_template = "tokenizer";      // tokenizer | none | format: the text that `format` makes (transformers)
  std::string format = "{prompt}\n{response}";  // sglang, tei: the text that a conversation becomes
  bool plain = false;                           // reward models: responses are given as plain words (text/plain.h), so that no look is paid for
  std::vector<RubricItem> rubric;               // judge: for rows without one of their own
  std::string mode = "pointwise";               // judge: pointwise | listwise | pairwise (judge_group.h)
  std::string grade = "plain";                  // judge: plain | expected: the mean of the grades that the model thought of (judge_verdict.h)
  std::size_t group_size = 8;                   // judge, listwise: responses shown in one call at most
  ModelPrice price;                             // judge: what its server takes
  int head = 0;                                 // index of the output
  int max_length = 4096;                        // tokens
  std::size_t max_batch = 32;
  std::string device = "auto";
  bool trust_remote_code = false, allow_pickle = false;
  std::chrono::milliseconds timeout{60'000};  // of one batch
  Json ToJson() const;
};
// An unknown backend and a field of a wrong type are errors that name the field.
Result<ModelAdapter> AdapterFromJson(const Json& json);

// Backends with one adapter share one worker or one set of connections, for as long as anybody holds it.
std::shared_ptr<ModelClient> OpenBackend(const ModelAdapter& adapter);
std::unique_ptr<ModelBackend> MakeWorkerBackend(const ModelAdapter& adapter);
std::unique_ptr<ModelBackend> MakeServerBackend(const ModelAdapter& adapter);
// How a judge's request, the body of a chat request, reaches its server; the answer is the body of the server's. Errors as those of
// ModelBackend::Score. Thread-safe.
using JudgeCall = std::function<Result<std::string>(const Json& body, const Deadline& deadline)>;
// Without a `call` it asks the server at the adapter's address.
std::unique_ptr<ModelBackend> MakeJudgeBackend(const ModelAdapter& adapter, JudgeCall call = {});
// A judge whose requests go through `call`, which tries again by itself: shared with nobody.
std::shared_ptr<ModelClient> OpenJudge(const ModelAdapter& adapter, JudgeCall call);
// [{id?, text, weight?, veto?}]; an error names the criterion.
Result<std::vector<RubricItem>> RubricFromJson(const Json& json);
Json RubricToJson(const std::vector<RubricItem>& rubric);

}  // namespace rlar
