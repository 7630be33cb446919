// What a chat model is asked and what it answers: plain values, the same for every server and for the record.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/sketch.h"
#include "rlar/json.h"
#include "rlar/tool.h"

namespace rlar {

struct ChatMessage {
  std::string role;  // system | user | assistant
  std::string content;
};

struct ChatRequest {
  std::string stage;   // what it is asked for, e.g. "name_tasks": shown in reports
  std::string prompt;  // prompt file and version, e.g. "name_tasks@2"
  std::vector<ChatMessage> messages;
  Json schema;  // JSON Schema (the subset of schema.h) that the answer must match, or null for free text
  Json tools;   // OpenAI-style tool declarations, or null
  double temperature = 0;
  int max_tokens = 512;
  std::int64_t seed = 0;
  bool logprobs = false;  // with what else could have stood for each token, and how likely
  bool as_is = false;     // the answer's text is the caller's to read: it is not held to the schema

  // Names the call in the record: a hash of everything above, and of nothing else.
  std::string Key() const;

  // Sets that it is about (of rows, of which the messages show a few); none where the messages are all that matters. What was answered about nearly the
  // same sets need not be asked again.
  std::vector<Sketch> about;
};

struct ChatReply {
  std::string text;
  Json json;        // the parsed answer where a schema was given
  Json tool_calls;  // [{name, arguments}] or null
  Json logprobs;    // as the server gave them, where they were asked for; or null
  std::string finish_reason;
  std::string model;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  bool replayed = false;  // from the record: nothing was asked or paid
};

// One try at a server.
struct Attempt {
  enum class Kind {
    kReply,  // the server answered a well-formed chat completion
    kRetry,  // worth another try: no connection, timeout, half a body, 429, 5xx
    kNever,  // this request will never work (400, context length, 413, 422)
    kStop,   // no request will ever work (401, 403, 404): the client asks nothing more
    kCancelled,
  };
  Kind kind = Kind::kRetry;
  ChatReply reply;                                       // kReply
  std::string refusal;                                   // kReply: the model's own words of refusal, or empty
  std::string message;                                   // else: what went wrong, without any key
  std::optional<std::chrono::milliseconds> retry_after;  // what the server asked for
};

// Thread-safe.
class ChatBackend {
 public:
  virtual ~ChatBackend() = default;
  virtual Attempt Try(const ChatRequest& request, const Deadline& deadline) = 0;
  // For messages: the address without any secret.
  virtual std::string name() const = 0;
};

}  // namespace rlar
