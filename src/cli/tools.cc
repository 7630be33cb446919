// rlar tools: what can score, and what each tool needs.
#include <cstdio>

#include "cli/commands.h"
#include "library/store.h"

namespace rlar::cli {
namespace {

void PrintTable(const std::vector<Json>& cards) {
  std::size_t width = 4;
  for (const Json& card : cards) {
    width = std::max(width, card.Find("name")->string().size() + 1 + card.Find("version")->string().size());
  }
  for (const Json& card : cards) {
    const std::string id = card.Find("name")->string() + "@" + card.Find("version")->string();
    std::printf("%-*s  %-9s %-11s %s\n", static_cast<int>(width + 1), id.c_str(), card.Find("kind")->string().c_str(), card.Find("status")->string().c_str(),
                card.Find("summary")->string().c_str());
  }
}

// A library's refused tools stand in its manifest only: they never become part of a snapshot.
std::vector<Json> RefusedCards(const Json& manifest) {
  std::vector<Json> cards;
  const Json* list = manifest.Find("refused");
  if (list == nullptr || !list->is_array()) return cards;
  for (const Json& card : list->array()) cards.push_back(card);
  return cards;
}

}  // namespace

int Tools(const ToolsOptions& options) {
  auto snapshot = LoadSnapshot(options.library, "");
  if (!snapshot) return UsageError(snapshot.error().ToString());
  if (options.refused && options.library.empty()) return UsageError("--refused needs --library DIR");
  std::vector<Json> cards;
  if (options.refused) {
    cards = RefusedCards((*snapshot)->manifest());
  } else {
    for (const auto& tool : (*snapshot)->tools()) cards.push_back(tool->card().ToJson());
  }
  if (options.json) {
    Json list = Json::Array{};
    for (Json& card : cards) list.Push(std::move(card));
    std::printf("%s\n", list.Dump().c_str());
  } else {
    PrintTable(cards);
  }
  return 0;
}

}  // namespace rlar::cli
