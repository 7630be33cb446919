#include <algorithm>
#include <array>

#include "rlar/tool.h"

namespace rlar {
namespace {

constexpr std::array<std::pair<ToolKind, std::string_view>, 5> kKinds{{{ToolKind::kNative, "native"},
                                                                       {ToolKind::kExternal, "external"},
                                                                       {ToolKind::kSynthesized, "synthesized"},
                                                                       {ToolKind::kRewardModel, "reward_model"},
                                                                       {ToolKind::kJudge, "judge"}}};
constexpr std::array<std::pair<ToolStatus, std::string_view>, 3> kStatuses{
    {{ToolStatus::kAdmitted, "admitted"}, {ToolStatus::kRefused, "refused"}, {ToolStatus::kQuarantined, "quarantined"}}};

void ReadString(const Json& json, std::string_view key, std::string& out) {
  if (const Json* value = json.Find(key); value != nullptr && value->is_string()) out = value->string();
}
void ReadBool(const Json& json, std::string_view key, bool& out) {
  if (const Json* value = json.Find(key); value != nullptr && value->is_bool()) out = value->boolean();
}
void ReadJson(const Json& json, std::string_view key, Json& out) {
  if (const Json* value = json.Find(key)) out = *value;
}

}  // namespace

std::string_view Name(ToolKind kind) {
  for (const auto& [value, name] : kKinds) {
    if (value == kind) return name;
  }
  return "native";
}

std::optional<ToolKind> ToolKindFromName(std::string_view name) {
  for (const auto& [value, text] : kKinds) {
    if (text == name) return value;
  }
  return std::nullopt;
}

std::string_view Name(ToolStatus status) {
  for (const auto& [value, name] : kStatuses) {
    if (value == status) return name;
  }
  return "refused";
}

Json ToolCard::ToJson() const {
  Json json;
  json.Set("name", id.name);
  json.Set("version", id.version);
  json.Set("kind", Name(kind));
  json.Set("status", Name(status));
  json.Set("summary", summary);
  json.Set("source", source);
  Json list = Json::Array{};
  for (const std::string& need : needs) list.Push(need);
  json.Set("needs", std::move(list));
  json.Set("reads", reads);
  json.Set("params", params);
  json.Set("range", Json(Json::Array{Json(0), Json(1)}));
  json.Set("binary", binary);
  json.Set("deterministic", deterministic);
  json.Set("isolation", isolation);
  json.Set("faults", faults);
  json.Set("evidence", evidence);
  if (!program.is_null()) json.Set("program", program);
  return json;
}

Result<ToolCard> ToolCardFromJson(const Json& json) {
  ToolCard card;
  ReadString(json, "name", card.id.name);
  ReadString(json, "version", card.id.version);
  if (card.id.name.empty() || card.id.version.empty()) {
    return MakeError(ErrorCode::kCorrupt, "a tool card needs a name and a version");
  }
  std::string kind = "native", status = "admitted";
  ReadString(json, "kind", kind);
  ReadString(json, "status", status);
  const auto parsed = ToolKindFromName(kind);
  if (!parsed) return MakeError(ErrorCode::kCorrupt, "tool '" + card.id.name + "' has the unknown kind '" + kind + "'");
  card.kind = *parsed;
  const auto known = std::find_if(kStatuses.begin(), kStatuses.end(), [&](const auto& entry) { return entry.second == status; });
  if (known == kStatuses.end()) {
    return MakeError(ErrorCode::kCorrupt, "tool '" + card.id.name + "' has the unknown status '" + status + "'");
  }
  card.status = known->first;
  ReadString(json, "summary", card.summary);
  ReadString(json, "source", card.source);
  ReadString(json, "reads", card.reads);
  ReadString(json, "isolation", card.isolation);
  ReadBool(json, "binary", card.binary);
  ReadBool(json, "deterministic", card.deterministic);
  ReadJson(json, "params", card.params);
  ReadJson(json, "faults", card.faults);
  ReadJson(json, "evidence", card.evidence);
  ReadJson(json, "program", card.program);
  if (const Json* needs = json.Find("needs"); needs != nullptr && needs->is_array()) {
    for (const Json& need : needs->array()) {
      if (need.is_string()) card.needs.push_back(need.string());
    }
  }
  return card;
}

}  // namespace rlar
