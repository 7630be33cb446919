// rlar models: reward models by hand: search the Hub, add one through the gate, list a library's.
#include <chrono>
#include <cstdio>

#include "agents/find_reward_model/prove_model.h"
#include "base/fs.h"
#include "cli/commands.h"
#include "hub/hub_client.h"
#include "library/store.h"
#include "tools/factory.h"

namespace rlar::cli {
namespace {

Result<Json> ReadRubric(const ModelsAddOptions& options) {
  if (options.rubric.empty()) return Json();
  auto text = ReadFile(options.rubric);
  if (!text) return text.error();
  auto json = ParseJson(*text);
  if (!json) return MakeError(ErrorCode::kInvalidArgument, "'" + options.rubric + "'", json.error());
  return json;
}

// Where a model of the Hub lies after it was fetched, and its commit; both empty where the options name a folder or a server.
Result<std::pair<std::string, std::string>> FetchNamed(const ModelsAddOptions& options) {
  if (options.backend != "transformers" || !options.dir.empty() || options.model.empty()) return std::pair<std::string, std::string>();
  HubClient hub;
  const auto deadline = Deadline::After(std::chrono::hours(2));
  auto model = hub.Info(options.model, deadline);
  if (!model) return MakeError(model.error().code, "model '" + options.model + "'", model.error());
  auto folder = hub.Fetch(model->id, model->sha, 1e13, deadline);
  if (!folder) return MakeError(folder.error().code, "model '" + options.model + "'", folder.error());
  return std::pair(*folder, model->sha);
}

// Says on standard error, every ten seconds, how far a slow model has come.
HeardRows TellRows() {
  return [last = std::chrono::steady_clock::now()](std::size_t rows, std::size_t of) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::seconds(10)) return;
    last = now;
    std::fprintf(stderr, "rlar: asked about %zu of %zu rows\n", rows, of);
  };
}

}  // namespace

int ModelsAdd(const ModelsAddOptions& options) {
  auto fetched = FetchNamed(options);
  if (!fetched) return UsageError(fetched.error().ToString());
  auto price = ParsePrice("--price", options.price);
  if (!price) return UsageError(price.error().ToString());
  auto rubric = ReadRubric(options);
  if (!rubric) return UsageError(rubric.error().ToString());
  auto card = ModelCardFromJson([&] {
    Json json;
    json.Set("name", options.name);
    json.Set("backend", options.backend);
    json.Set("url", options.url);
    json.Set("model", options.model);
    json.Set("model_dir", options.dir.empty() ? fetched->first : options.dir);
    json.Set("revision", fetched->second);
    json.Set("chat_template", options.chat_template);
    if (!options.format.empty()) json.Set("format", options.format);
    if (options.plain) json.Set("plain", true);
    if (!rubric->is_null()) json.Set("rubric", *rubric);
    json.Set("mode", options.mode);
    json.Set("grade", options.grade);
    json.Set("group_size", options.group_size);
    if (!price->free()) json.Set("price", price->ToJson());
    json.Set("head", options.head);
    json.Set("max_length", options.max_length);
    json.Set("trust_remote_code", options.trust_remote_code);
    json.Set("allow_pickle", options.allow_pickle);
    return json;
  }());
  if (!card) return UsageError(card.error().ToString());
  auto store = LibraryStore::Create(options.library);
  if (!store) return UsageError(store.error().ToString());
  auto data = ReadModelData(options.data);
  if (!data) return UsageError(data.error().ToString());
  auto judges = MakeJudgeCalls({}, {}, options.library, nullptr);
  if (!judges) return UsageError(judges.error().ToString());
  auto tool = card->kind == ToolKind::kJudge ? (*judges)->Open(*card) : MakeTool(*card);
  if (!tool) return UsageError(tool.error().ToString());
  const auto findings = ProveModel(**tool, *data, TellRows());
  const bool admitted = WriteFindings(findings, *card);
  auto version = PublishCard(*store, *card);
  if (!version) return UsageError(version.error().ToString());
  if (options.json) {
    std::printf("%s\n", card->ToJson().Dump().c_str());
    return admitted ? 0 : 1;
  }
  std::printf("%s %s, library version %s\n", card->id.ToString().c_str(), admitted ? "admitted" : "refused", version->c_str());
  for (const TaskFinding& finding : findings) {
    std::printf("  %s: %s: %s\n", finding.task.c_str(), finding.verdict.admitted ? "fits" : "does not fit", finding.verdict.why.c_str());
  }
  return admitted ? 0 : 1;
}

int ModelsSearch(const std::string& query, std::size_t limit, const std::string& web_search) {
  auto web = MakeWeb(web_search);
  if (!web) return UsageError("--web-search: " + web.error().ToString());
  HubClient hub;
  auto hits = hub.Search(query, "text-classification", static_cast<int>(limit), Deadline::After(std::chrono::seconds(60)));
  if (!hits) return UsageError(hits.error().ToString());
  for (const HubHit& hit : *hits) std::printf("%12.0f  %s%s\n", hit.downloads, hit.id.c_str(), hit.gated ? "  (gated)" : "");
  if (*web == nullptr) return 0;
  auto pages = (*web)->Search(query + " reward model huggingface", static_cast<int>(limit), Deadline::After(std::chrono::seconds(60)));
  if (!pages) {
    std::fprintf(stderr, "rlar: web search: %s\n", pages.error().ToString().c_str());
    return 1;
  }
  for (const std::string& model : ModelsIn(*pages)) std::printf("%12s  %s\n", "web", model.c_str());
  return 0;
}

int ModelsList(const std::string& library) {
  auto snapshot = LoadSnapshot(library, "");
  if (!snapshot) return UsageError(snapshot.error().ToString());
  for (const auto& tool : (*snapshot)->tools()) {
    const ToolCard& card = tool->card();
    if (card.kind != ToolKind::kRewardModel && card.kind != ToolKind::kJudge) continue;
    const Json* backend = card.program.Find("backend");
    std::string tasks;
    for (const rlar::Route& route : (*snapshot)->routes()) {
      for (const RoutePart& part : route.parts) {
        if (part.tool == card.id) tasks += (tasks.empty() ? "" : ", ") + route.task;
      }
    }
    std::printf("%s  %s  %s  %s\n", card.id.ToString().c_str(), backend == nullptr ? "" : backend->string().c_str(), card.source.c_str(),
                tasks.empty() ? "no route" : ("serves " + tasks).c_str());
  }
  return 0;
}

}  // namespace rlar::cli
