#include "tools/reference_json.h"

namespace rlar {

Json ReferenceJson(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::kNone: return {};
    case Reference::Kind::kText: return reference.texts.front();
    case Reference::Kind::kJson: return reference.json;
    case Reference::Kind::kList: break;
  }
  Json list = Json::Array{};
  for (const std::string& text : reference.texts) list.Push(text);
  return list;
}

Json TurnJson(std::string_view role, std::string_view content) {
  Json turn;
  turn.Set("role", role);
  turn.Set("content", content);
  return turn;
}

Json MessagesJson(const std::vector<Message>& messages) {
  Json list = Json::Array{};
  for (const Message& message : messages) list.Push(TurnJson(message.role, message.content));
  return list;
}

Json TurnsJson(const std::vector<Message>& messages) {
  Json list = Json::Array{};
  for (const Message& message : messages) {
    Json turn = TurnJson(message.role, message.content);
    if (!message.tool_calls.is_null()) turn.Set("tool_calls", message.tool_calls);
    if (!message.tool_call_id.empty()) turn.Set("tool_call_id", message.tool_call_id);
    list.Push(std::move(turn));
  }
  return list;
}

}  // namespace rlar
