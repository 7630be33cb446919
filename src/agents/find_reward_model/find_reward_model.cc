#include "agents/find_reward_model/find_reward_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <set>

#include "agents/find_reward_model/ask_ways.h"
#include "agents/prompts.h"
#include "base/json_at.h"
#include "base/text.h"
#include "text/language.h"
#include "tools/factory.h"
#include "tools/reward_model/reward_model_tool.h"

namespace rlar {
namespace {

constexpr std::size_t kMostLookedAt = 40;
constexpr std::size_t kKeywords = 4;
constexpr std::size_t kMostFromWeb = 10;
constexpr double kLooksAreWorth = 0.05;  // of accuracy: so much less may a model order that is shown plain words, and stand
constexpr std::array<std::string_view, 28> kEmptyWords{
    "about",    "answer",    "answers",  "asked", "asks",     "given", "giving", "model", "models", "named", "number", "please", "prompts", "provided",
    "question", "reference", "response", "rows",  "sentence", "shape", "should", "text",  "their",  "there", "these",  "which",  "with",    "write"};

double FreeMemory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("MemAvailable:")) return 1024 * std::strtod(line.c_str() + 13, nullptr);
  }
  return 4e9;
}

// What the task is about, in words that a model's name, tags or card may share.
std::set<std::string> TaskWords(const TaskGroup& group) {
  std::set<std::string> words;
  std::string word;
  for (const char c : AsciiLower(group.label + " " + group.answer + " " + ReplaceAll(group.model.task, "-", " ") + " ")) {
    if (IsAsciiAlpha(c)) {
      word += c;
      continue;
    }
    if (word.size() >= 5 && std::find(kEmptyWords.begin(), kEmptyWords.end(), word) == kEmptyWords.end()) words.insert(word);
    word.clear();
  }
  return words;
}

// Words that share a beginning are near enough: "translate" and "translation".
bool Related(const std::string& a, const std::string& b) {
  const std::size_t length = std::min<std::size_t>({a.size(), b.size(), 6});
  return length >= 5 && a.compare(0, length, b, 0, length) == 0;
}

std::size_t Shared(const std::set<std::string>& words, std::string_view text) {
  std::set<std::string> found;
  std::string word;
  const std::string lower = AsciiLower(text) + " ";
  for (const char c : lower) {
    if (IsAsciiAlpha(c)) {
      word += c;
      continue;
    }
    for (const std::string& wanted : words) {
      if (Related(wanted, word)) found.insert(wanted);
    }
    word.clear();
  }
  return found.size();
}

std::string TaskLanguage(const TaskGroup& group, const std::vector<Query>& rows) {
  if (!Languages()) return "";
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < std::min<std::size_t>(group.rows.size(), 20); ++i) ++counts[Languages()->Detect(rows[group.rows[i]].prompt)];
  std::string best;
  for (const auto& [code, count] : counts) {
    if (best.empty() || count > counts[best]) best = code;
  }
  return best == "unknown" ? "" : best;
}

struct Found {
  HubHit hit;
  HubModel model;
  std::string card;
  CardReading reading;
  double rank = 0;
};

class Agent {
 public:
  Agent(const TaskGroup& group, const std::vector<Query>& rows, HubClient& hub, LlmClient* client, const FindOptions& options, LoadedModels& loaded,
        const std::function<void(const std::string&, double)>& progress)
      : group_(group),
        hub_(hub),
        client_(client),
        options_(options),
        loaded_(loaded),
        progress_(progress),
        words_(TaskWords(group)),
        language_(TaskLanguage(group, rows)),
        deadline_(Deadline::After(options.limit)) {
    if (options_.max_bytes <= 0) options_.max_bytes = FreeMemory() / 3;
  }

  FindResult Run(const ProbeSet& probes) {
    const auto hits = Search();
    auto found = Filter(hits);
    for (Found& one : found) Rank(one);
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.rank > b.rank; });
    for (std::size_t i = 0; i < std::min(found.size(), options_.trials) && !Over(); ++i) {
      if (progress_) progress_("trying " + found[i].model.id + " for " + group_.model.task, static_cast<double>(i) / static_cast<double>(options_.trials));
      Try(found[i], probes);
    }
    for (std::size_t i = options_.trials; i < found.size(); ++i) LeaveOut(found[i].hit, found[i].model, "not tried: less likely than those that were");
    Choose();
    result_.note = std::to_string(hits.size() - from_web_) + " models found on the Hub, " +
                   (from_web_ > 0 ? std::to_string(from_web_) + " more by web search, " : "") + std::to_string(std::min(found.size(), options_.trials)) +
                   " tried on " + probes.ToString() + (problem_.empty() ? "" : "; " + problem_);
    return std::move(result_);
  }

 private:
  bool Over() const { return deadline_.passed() || (client_ != nullptr && client_->cancelled()); }

  std::vector<HubHit> Search() {
    std::vector<std::pair<std::string, std::string>> queries{{"", "reward-model"}, {"reward", ""}, {"preference", ""}};
    std::size_t taken = 0;
    for (const std::string& word : words_) {
      if (taken++ < kKeywords) queries.emplace_back(word, "text-classification");
    }
    std::vector<HubHit> hits;
    std::set<std::string> ids;
    for (const auto& [query, filter] : queries) {
      if (Over()) break;
      if (progress_) progress_("searching the Hub for '" + (query.empty() ? filter : query) + "'", 0);
      auto some = hub_.Search(query, filter, static_cast<int>(options_.search_limit), deadline_);
      if (!some) {
        if (problem_.empty()) problem_ = "search: " + some.error().ToString();
        // A Hub that cannot be reached is asked no more: its client has tried again and waited already.
        if (some.error().code == ErrorCode::kUnavailable) return {};
        continue;
      }
      for (HubHit& hit : *some) {
        if (ids.insert(hit.id).second) hits.push_back(std::move(hit));
      }
    }
    AddFromWeb(ids, hits);
    return hits;
  }

  // Models that pages of the web name, before the Hub's own least likely ones are cut off. A page is no more evidence than a card: what it
  // names is looked up on the Hub, filtered and proven like any other.
  void AddFromWeb(std::set<std::string>& ids, std::vector<HubHit>& hits) {
    if (options_.web == nullptr || Over()) return;
    std::string query = "reward model huggingface";
    std::size_t taken = 0;
    for (const std::string& word : words_) {
      if (taken++ < kKeywords) query += " " + word;
    }
    if (progress_) progress_("searching the web for '" + query + "'", 0);
    auto pages = options_.web->Search(query, static_cast<int>(options_.search_limit), deadline_);
    if (!pages) {
      problem_ += (problem_.empty() ? "" : "; ") + ("web search: " + pages.error().ToString());
      return;
    }
    std::vector<HubHit> named;
    for (const std::string& id : ModelsIn(*pages)) {
      if (named.size() == kMostFromWeb || !ids.insert(id).second) continue;
      named.emplace_back();
      named.back().id = id;
    }
    from_web_ = named.size();
    const auto at = hits.begin() + static_cast<std::ptrdiff_t>(std::min(hits.size(), kMostLookedAt - named.size()));
    hits.insert(at, std::make_move_iterator(named.begin()), std::make_move_iterator(named.end()));
  }

  std::vector<Found> Filter(const std::vector<HubHit>& hits) {
    std::vector<Found> kept;
    for (std::size_t i = 0; i < std::min(hits.size(), kMostLookedAt) && !Over(); ++i) {
      auto model = hub_.Info(hits[i].id, deadline_);
      if (!model) {
        LeaveOut(hits[i], {}, model.error().ToString());
        continue;
      }
      const std::string why = WhyNot(*model);
      if (why.empty()) {
        kept.push_back({hits[i], std::move(*model), "", {}, 0});
      } else {
        LeaveOut(hits[i], *model, why);
      }
    }
    return kept;
  }

  // Why a model cannot or may not run here; empty where it may.
  std::string WhyNot(const HubModel& model) const {
    if (model.gated) return "it is gated: accept its terms on its page and set HF_TOKEN";
    const bool classifier = std::any_of(model.architectures.begin(), model.architectures.end(),
                                        [](const std::string& name) { return name.find("ForSequenceClassification") != name.npos; });
    if (!classifier) return "its architecture gives no score for a text: " + (model.architectures.empty() ? "none stated" : model.architectures.front());
    if (model.custom_code) return "it wants code of its own to be run";
    if (!model.safetensors) return model.pickle ? "it has pickles only, and a pickle runs code" : "it has no weights";
    if (model.num_labels > 2) return "it has " + std::to_string(model.num_labels) + " outputs: a classifier of kinds, not of quality";
    if (model.weight_bytes > options_.max_bytes) {
      return "it is too large: " + std::to_string(static_cast<long>(model.weight_bytes / 1e6)) + " MB of weights, the limit here is " +
             std::to_string(static_cast<long>(options_.max_bytes / 1e6)) + " MB";
    }
    if (model.license.empty() && !options_.allow_unlicensed) return "it states no licence";
    const auto& languages = model.languages;
    const bool speaks = languages.empty() || language_.empty() || std::any_of(languages.begin(), languages.end(), [&](const std::string& code) {
                          return code == language_ || code == "multilingual" || code.substr(0, 2) == language_.substr(0, 2);
                        });
    if (!speaks) return "it is made for " + languages.front() + ", the task is in " + language_;
    return "";
  }

  // Likelier first: nearness by the card (the model's reading, or shared words), then downloads.
  void Rank(Found& one) {
    auto card = hub_.Card(one.model.id, one.model.sha, deadline_);
    if (card) one.card = std::move(*card);
    std::string tags;
    for (const std::string& tag : one.model.tags) tags += tag + " ";
    double nearness = std::min<double>(3, static_cast<double>(Shared(words_, one.model.id + " " + tags + " " + one.card.substr(0, 4000))));
    if (client_ != nullptr && !one.card.empty()) {
      const auto request = FindPrompt("read_card").Ask({{"task", Quoted(group_.label, 300)}, {"model", one.model.id}, {"card", Quoted(one.card, 1500)}});
      if (auto reply = client_->Ask(request)) {
        nearness = NumberAt(reply->json, "nearness") + (FlagAt(reply->json, "reward_model") ? 1 : 0);
        one.reading = {TextAt(reply->json, "made_for"), TextAt(reply->json, "format"), static_cast<int>(NumberAt(reply->json, "good_output"))};
      }
    }
    one.rank = 10 * nearness + std::log10(1 + one.hit.downloads);
  }

  void LeaveOut(const HubHit& hit, const HubModel& model, const std::string& why) {
    ModelTrial trial;
    trial.model = hit.id;
    trial.revision = model.sha;
    trial.license = model.license;
    trial.downloads = hit.downloads;
    trial.step = "filter";
    trial.verdict = {false, why};
    result_.trials.push_back(std::move(trial));
  }

  void Try(const Found& one, const ProbeSet& probes) {
    ModelTrial trial;
    trial.model = one.model.id;
    trial.revision = one.model.sha;
    trial.license = one.model.license;
    trial.downloads = one.hit.downloads;
    trial.made_for = one.reading.made_for;
    trial.step = "fetch";
    std::string& folder = loaded_.folders[one.model.id + "@" + one.model.sha];
    if (folder.empty()) {
      auto fetched = hub_.Fetch(one.model.id, one.model.sha, 1.2 * options_.max_bytes + 50e6, deadline_);
      if (fetched)
        folder = std::move(*fetched);
      else
        trial.verdict = {false, "it could not be fetched: " + fetched.error().ToString()};
    }
    if (!folder.empty()) AskBestWay(one, folder, probes, trial);
    result_.trials.push_back(std::move(trial));
  }

  // Every way that the card and the files leave open is tried; the one whose order is best stands for the model. Two ways on the same probes
  // are two chances: the gate's interval is for one, and what a second adds to it is small beside what asking wrongly takes away.
  void AskBestWay(const Found& one, const std::string& folder, const ProbeSet& probes, ModelTrial& trial) {
    ModelAdapter taken;
    for (const ModelAdapter& way : WaysToAsk(one.model, folder, one.reading)) {
      if (Over() && trial.tool != nullptr) return;
      if (Ask(one.model, way, probes, 0, trial)) taken = way;
      if (trial.tool == nullptr || one.model.num_labels != 2 || trial.evidence.rows == 0 || trial.evidence.high >= 0.5) continue;
      if (Ask(one.model, ByOtherOutput(way), probes, 0, trial)) taken = ByOtherOutput(way);
    }
    if (trial.tool == nullptr || !FollowsLooks(one.model.id, trial.evidence)) return;
    const bool only_looks = LooksAlone(trial.evidence, options_.gate);
    Ask(one.model, InPlainWords(taken), probes, only_looks ? 1 : kLooksAreWorth, trial);
  }

  // By what all tasks have shown of the model.
  bool FollowsLooks(const std::string& model, const ModelEvidence& evidence) {
    constexpr std::size_t kFewest = 5, kOneIn = 10;
    auto& [dressed, turned] = loaded_.looks[model];
    dressed += evidence.dressed;
    turned += evidence.turned;
    return dressed >= kFewest && turned * kOneIn > dressed;
  }

  // Takes the way into `trial`, and says so, where it is the first, or its accuracy is above that of those before less `worth`.
  bool Ask(const HubModel& model, const ModelAdapter& way, const ProbeSet& probes, double worth, ModelTrial& trial) {
    auto tool = Load(model, way);
    if (!tool) {
      if (trial.tool == nullptr) trial.verdict = {false, tool.error().ToString()};
      return false;
    }
    ModelEvidence evidence = TryModel(**tool, Json(), probes);
    if (trial.tool != nullptr && evidence.accuracy <= trial.evidence.accuracy - worth) return false;
    trial.step = "probe";
    trial.tool = std::move(*tool);
    trial.evidence = std::move(evidence);
    trial.verdict = JudgeModel(trial.evidence, options_.gate);
    trial.asked = DescribeWay(way, model);
    return true;
  }

  Result<std::shared_ptr<const Tool>> Load(const HubModel& model, const ModelAdapter& way) {
    auto tool = MakeTool(RewardModelCard(ToolName(model.id), "the reward model " + model.id, way));
    if (!tool) return tool.error();
    const std::string id = (*tool)->card().id.ToString();
    if (const auto at = loaded_.tools.find(id); at != loaded_.tools.end()) return at->second;
    if (loaded_.bytes + model.weight_bytes > options_.max_bytes) {
      loaded_.tools.clear();
      loaded_.bytes = 0;
    }
    loaded_.bytes += model.weight_bytes;
    return loaded_.tools[id] = std::move(*tool);
  }

  static std::string ToolName(const std::string& id) { return ("rm_" + Identifier(id)).substr(0, 60); }

  void Choose() {
    for (std::size_t i = 0; i < result_.trials.size(); ++i) {
      const ModelTrial& trial = result_.trials[i];
      if (!trial.verdict.admitted) continue;
      if (result_.best >= result_.trials.size() || trial.evidence.accuracy > result_.trials[result_.best].evidence.accuracy) result_.best = i;
    }
  }

  const TaskGroup& group_;
  HubClient& hub_;
  LlmClient* client_;
  FindOptions options_;
  LoadedModels& loaded_;
  const std::function<void(const std::string&, double)>& progress_;
  const std::set<std::string> words_;
  const std::string language_;
  const Deadline deadline_;
  std::string problem_;
  std::size_t from_web_ = 0;
  FindResult result_;
};

}  // namespace

Json ModelTrial::ToJson() const {
  Json json;
  json.Set("model", model);
  json.Set("revision", revision);
  json.Set("license", license.empty() ? Json() : Json(license));
  json.Set("downloads", downloads);
  json.Set("step", step);
  json.Set("admitted", verdict.admitted);
  json.Set("why", verdict.why);
  if (!made_for.empty()) json.Set("made_for", made_for);
  if (!asked.empty()) json.Set("asked", asked);
  if (step == "probe") json.Set("evidence", evidence.ToJson());
  return json;
}

FindResult FindRewardModel(const TaskGroup& group, const std::vector<Query>& rows, const ProbeSet& probes, HubClient& hub, LlmClient* client,
                           const FindOptions& options, LoadedModels& loaded, const std::function<void(const std::string& step, double share)>& progress) {
  if (!EnoughToTry(probes, options.gate)) {
    FindResult result;
    result.note = "no reward model was sought: there is nothing to prove one on (" + std::to_string(probes.rows.size()) +
                  " rows with a better and a worse response, " + std::to_string(options.gate.min_rows) +
                  " are needed; give labelled rows with --labels, or rlar label)";
    return result;
  }
  return Agent(group, rows, hub, client, options, loaded, progress).Run(probes);
}

}  // namespace rlar
