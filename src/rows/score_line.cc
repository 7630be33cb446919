#include "rows/score_line.h"

#include <cmath>

namespace rlar {
namespace {

void AppendField(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":";
  AppendJsonString(out, value);
}

void AppendStatus(std::string& out, Status status, std::optional<double> value, Class error_class, std::string_view reason) {
  AppendField(out, "status", Name(status));
  out += ",\"value\":";
  if (value) {
    AppendJsonNumber(out, *value);
  } else {
    out += "null";
  }
  if (error_class != Class::kNone) AppendField(out, "class", Name(error_class));
  if (!reason.empty()) AppendField(out, "reason", reason);
}

void AppendHead(std::string& out, long line, const Json& id, std::size_t response_index) {
  out += "{\"line\":";
  out += line > 0 ? std::to_string(line) : "null";
  out += ",\"id\":";
  id.AppendTo(out);
  out += ",\"response_index\":";
  out += std::to_string(response_index);
}

}  // namespace

void AppendScoreLine(std::string& out, long line, const Json& id, std::size_t response_index, const Reward& reward) {
  const Score& score = reward.score;
  AppendHead(out, line, id, response_index);
  AppendStatus(out, score.status(), score.value(), score.error_class(), score.reason());
  if (!reward.tool.empty()) AppendField(out, "tool", reward.tool);
  if (!reward.route.empty()) AppendField(out, "route", reward.route);
  if (reward.scale > 0) out += ",\"scale\":" + std::to_string(reward.scale);
  out += ",\"components\":{";
  for (std::size_t i = 0; i < score.components().size(); ++i) {
    if (i != 0) out += ',';
    AppendJsonString(out, score.components()[i].first);
    out += ':';
    AppendJsonNumber(out, score.components()[i].second);
  }
  out += '}';
  if (!score.signature().empty()) AppendField(out, "signature", score.signature());
  if (!score.turns().empty()) {
    out += ",\"turns\":[";
    for (std::size_t i = 0; i < score.turns().size(); ++i) {
      if (i != 0) out += ',';
      if (score.turns()[i]) {
        AppendJsonNumber(out, *score.turns()[i]);
      } else {
        out += "null";
      }
    }
    out += ']';
  }
  if (!reward.isolation.empty()) AppendField(out, "isolation", reward.isolation);
  if (!reward.library_version.empty()) AppendField(out, "library_version", reward.library_version);
  out += ",\"ms\":";
  AppendJsonNumber(out, std::round(reward.ms * 1000) / 1000);
  out += '}';
}

void AppendErrorLine(std::string& out, long line, const RowError& error, const std::string& library_version) {
  AppendHead(out, line, error.id, 0);
  AppendStatus(out, Status::kInvalid, std::nullopt, error.error_class, error.reason);
  out += ",\"components\":{}";
  if (!library_version.empty()) AppendField(out, "library_version", library_version);
  out += ",\"ms\":0}";
}

}  // namespace rlar
