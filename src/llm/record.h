// CallRecord: every call to a language model, kept line by line as it is made, and answered again from there.
//
//   {"key", "stage", "prompt", "model", "request": {messages, schema?, tools?, temperature, max_tokens, seed},
//    "about"?: [[number, …], …], "reply": {text, tool_calls?, finish_reason, prompt_tokens, completion_tokens} | "failure": str, "usd", "ms", "time"}
//
// A failure is recorded only where asking again would give the same (a refusal, an answer of the wrong form): what a network
// or a server did wrong is asked again by the next build. docs/schemas/llm_call.json is the schema of a line.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "llm/chat.h"

namespace rlar {

// Of two sets of rows (sketch.h): about one row in nine may be another.
inline constexpr double kLikeRows = 0.8;

struct RecordedCall {
  ChatReply reply;
  std::string failure;  // not empty: the answer was of no use, and why
};

// Thread-safe.
class CallRecord {
 public:
  // Makes the folder of `file` where it is missing. Torn lines of a crash are passed over.
  static Result<std::unique_ptr<CallRecord>> Open(const std::filesystem::path& file);
  // The last call of that request by that model (any model where `model` is empty). Else, where it says what it is about: the usable answer to one of the
  // same stage, prompt and sampling about the likest rows, at least kLikeRows alike, set by set.
  std::optional<RecordedCall> Find(const ChatRequest& request, const std::string& model) const;
  Result<void> Put(const ChatRequest& request, const RecordedCall& call, double usd, double ms);
  std::size_t size() const;

 private:
  explicit CallRecord(std::filesystem::path file) : file_(std::move(file)) {}
  // Of the request only what another may be like it in is read. Precondition: mutex_ is held, or nobody else knows the record.
  void Keep(const ChatRequest& request, const std::string& key, RecordedCall call);
  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::map<std::string, RecordedCall>> calls_;  // key → model → call; guarded by mutex_
  std::unordered_map<std::string, std::string> last_;                           // key → model asked last; guarded by mutex_
  struct About {
    std::vector<Sketch> rows;
    std::string key, model;
  };
  std::unordered_map<std::string, std::vector<About>> about_;  // by what else the request is; guarded by mutex_
};

}  // namespace rlar
