#include "agents/rollouts.h"

#include <fstream>

#include "base/text.h"
#include "rows/row.h"

namespace rlar {

void Rollouts::Add(const std::string& prompt, const std::vector<Response>& responses) {
  if (responses.empty()) return;
  auto& texts = texts_[prompt];
  for (const Response& response : responses) {
    if (texts.size() < kMostPerRow) texts.push_back(response.text);
  }
}

Result<void> Rollouts::Read(const std::string& path, const std::unordered_map<std::string, std::string>& prompts) {
  std::ifstream file(path);
  if (!file) return MakeError(ErrorCode::kNotFound, "'" + path + "' cannot be opened");
  std::string line;
  for (long number = 1; std::getline(file, line); ++number) {
    if (Trim(line).empty()) continue;
    const auto wrong = [&](const std::string& what) {
      return MakeError(ErrorCode::kInvalidArgument, "'" + path + "', line " + std::to_string(number) + ": " + what);
    };
    auto json = ParseJson(line);
    if (!json || !json->is_object()) return wrong("not a JSON object");
    const bool named = json->Find("prompt") != nullptr;
    if (!named) {
      const Json* id = json->Find("id");
      if (id == nullptr) return wrong("it has neither 'prompt' nor 'id'");
      const auto at = prompts.find(id->Dump());
      if (at == prompts.end()) return wrong("no row of the data has the id " + id->Dump());
      json->Set("prompt", at->second);
    }
    auto row = ParseRow(*json);
    if (const auto* error = std::get_if<RowError>(&row)) return wrong(error->reason);
    const Group& group = std::get<Group>(row);
    if (group.responses.empty()) return wrong("it has no 'responses' (a list of texts)");
    Add(group.query.prompt, group.responses);
  }
  return {};
}

std::vector<Response> AsResponses(const std::vector<std::string>& texts) {
  std::vector<Response> responses;
  for (const std::string& text : texts) {
    Response response;
    response.text = text;
    responses.push_back(std::move(response));
  }
  return responses;
}

const std::vector<std::string>& Rollouts::Of(const Query& query) const {
  static const std::vector<std::string> kNone;
  const auto at = texts_.find(query.prompt);
  return at == texts_.end() ? kNone : at->second;
}

}  // namespace rlar
