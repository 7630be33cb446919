#include "rows/query_row.h"

namespace rlar {

Json TurnRow(const Message& message) {
  Json turn;
  turn.Set("role", message.role);
  turn.Set("content", message.content);
  if (!message.tool_calls.is_null()) turn.Set("tool_calls", message.tool_calls);
  if (!message.tool_call_id.empty()) turn.Set("tool_call_id", message.tool_call_id);
  return turn;
}

Json QueryRow(const Query& query) {
  Json row, messages = Json::Array{};
  if (!query.id.is_null()) row.Set("id", query.id);
  for (const Message& message : query.messages) messages.Push(TurnRow(message));
  row.Set("prompt", query.messages.empty() ? Json(query.prompt) : std::move(messages));
  if (query.reference.kind == Reference::Kind::kText) row.Set("reference", query.reference.texts.front());
  if (query.reference.kind == Reference::Kind::kList) {
    Json list = Json::Array{};
    for (const std::string& text : query.reference.texts) list.Push(text);
    row.Set("reference", std::move(list));
  }
  if (query.reference.kind == Reference::Kind::kJson) row.Set("reference", query.reference.json);
  if (!query.params.is_null()) row.Set("params", query.params);
  if (!query.rubric.empty()) {
    Json rubric = Json::Array{};
    for (const RubricItem& item : query.rubric) {
      Json criterion;
      criterion.Set("id", item.id);
      criterion.Set("text", item.text);
      criterion.Set("weight", item.weight);
      criterion.Set("veto", item.veto);
      rubric.Push(std::move(criterion));
    }
    row.Set("rubric", std::move(rubric));
  }
  if (!query.source.empty()) row.Set("source", query.source);
  if (!query.task.empty()) row.Set("task", query.task);
  return row;
}

}  // namespace rlar
