// What is scored: a query (before any response), its responses, and the group they form.
//
// These are plain values made once at the edge (src/rows, src/serve, python/); every string in them is valid UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rlar/json.h"

namespace rlar {

// One turn of a conversation, OpenAI style.
struct Message {
  std::string role;     // system | user | assistant | tool
  std::string content;  // text parts joined by newlines
  Json tool_calls;      // as received; null where there are none
  std::string tool_call_id;
};

// The known good answer, in the shape the row gave it.
struct Reference {
  enum class Kind { kNone, kText, kList, kJson };
  Kind kind = Kind::kNone;
  std::vector<std::string> texts;  // kText: one; kList: any of them is right; kJson: empty
  Json json;                       // kJson: the object (or nested array) itself

  bool empty() const { return kind == Kind::kNone; }
};

// One criterion of a row's own rubric.
struct RubricItem {
  std::string id;
  std::string text;
  double weight = 1.0;
  bool veto = false;
};

// What is known before any response exists; the thing that is classified and routed.
struct Query {
  Json id;                        // any JSON scalar, null where the row has none
  std::vector<Message> messages;  // the whole prompt as turns; a plain prompt is one user turn
  std::string prompt;             // the last user turn
  Reference reference;
  Json params;         // object or null: parameters for tools that stand in the row
  std::string task;    // a label given by the user, or empty
  std::string source;  // the row's data source, or empty
  std::vector<RubricItem> rubric;
  std::string group_id;
  Json extra;  // unknown fields of the row, object or null
};

// One answer of the policy.
struct Response {
  std::string text;               // the last assistant turn
  std::vector<Message> messages;  // all turns, where the row gave them
  Json state;                     // final state of the environment, or null
  std::string finish_reason;      // "stop", "length", … or empty
  std::string reasoning;          // reasoning the server split off, or empty
  std::optional<long> tokens;     // length in the policy's own tokens
};

// A query and one of its responses.
struct Sample {
  Query query;
  Response response;
};

// Responses to one query that are scored together, with one snapshot.
struct Group {
  Query query;
  std::vector<Response> responses;
};

}  // namespace rlar
