#include "rows/query_row.h"

#include "tools/reference_json.h"

namespace rlar {

Json QueryRow(const Query& query) {
  Json row;
  if (!query.id.is_null()) row.Set("id", query.id);
  row.Set("prompt", query.messages.empty() ? Json(query.prompt) : TurnsJson(query.messages));
  if (!query.reference.empty()) row.Set("reference", ReferenceJson(query.reference));
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
