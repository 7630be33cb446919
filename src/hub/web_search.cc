// Sources: SearXNG's search API (docs.searxng.org/dev/search_api.html); Brave Search API, web search
// (api-dashboard.search.brave.com).
#include "hub/web_search.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/json_at.h"
#include "base/text.h"
#include "net/http.h"

namespace rlar {
namespace {

constexpr int kMostHits = 20;
constexpr std::size_t kMostBytes = 4u << 20;
constexpr auto kTimeout = std::chrono::seconds(20);
constexpr std::string_view kBraveUrl = "https://api.search.brave.com";

std::string UrlEncoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

// What both services share: one GET, and what its status means.
class Service : public WebSearch {
 public:
  Service(std::string kind, std::string url) : kind_(std::move(kind)), url_(std::move(url)) {}
  std::string name() const override { return kind_; }

 protected:
  Result<Json> Get(const std::string& path, std::vector<std::string> headers, const std::string& if_refused, const Deadline& deadline) const {
    headers.emplace_back("Accept: application/json");
    auto reply = Http({.url = url_ + path, .headers = std::move(headers), .timeout = kTimeout, .deadline = deadline, .max_bytes = kMostBytes});
    if (!reply) return MakeError(reply.error().code, kind_ + ": " + reply.error().message);
    const std::string said = kind_ + " answered " + std::to_string(reply->status);
    if (reply->status == 429) {
      return MakeError(
          ErrorCode::kOverloaded,
          said + ": too many searches" + (reply->retry_after ? "; it asks to wait " + std::to_string(reply->retry_after->count() / 1000) + " s" : ""));
    }
    if (reply->status == 401 || reply->status == 403 || reply->status == 422) return MakeError(ErrorCode::kUnavailable, said + ": " + if_refused);
    if (reply->status != 200) return MakeError(ErrorCode::kUnavailable, said);
    auto json = ParseJson(reply->body);
    if (!json || !json->is_object()) return MakeError(ErrorCode::kCorrupt, kind_ + " answered no JSON object");
    return json;
  }
  // `list` of objects; `snippet` is the name of their text. An entry without an address is passed over.
  Result<std::vector<WebHit>> Read(const Json* list, const char* snippet, int limit) const {
    std::vector<WebHit> hits;
    if (list == nullptr || list->is_null()) return hits;
    if (!list->is_array()) return MakeError(ErrorCode::kCorrupt, kind_ + " answered no list of results");
    for (const Json& entry : list->array()) {
      WebHit hit{TextAt(entry, "title"), TextAt(entry, "url"), TextAt(entry, snippet)};
      if (hit.url.empty()) continue;
      hits.push_back(std::move(hit));
      if (hits.size() == static_cast<std::size_t>(std::clamp(limit, 1, kMostHits))) break;
    }
    return hits;
  }

 private:
  const std::string kind_, url_;
};

class SearxNg final : public Service {
 public:
  explicit SearxNg(std::string url) : Service("searxng", std::move(url)) {}
  Result<std::vector<WebHit>> Search(const std::string& query, int limit, const Deadline& deadline) override {
    auto json = Get("/search?format=json&q=" + UrlEncoded(query), {}, "its settings must list json under search.formats", deadline);
    if (!json) return json.error();
    if (json->Find("results") == nullptr) return MakeError(ErrorCode::kCorrupt, "searxng answered no list of results");
    return Read(json->Find("results"), "content", limit);
  }
};

class Brave final : public Service {
 public:
  Brave(std::string url, std::string key) : Service("brave", std::move(url)), key_(std::move(key)) {}
  Result<std::vector<WebHit>> Search(const std::string& query, int limit, const Deadline& deadline) override {
    const int count = std::clamp(limit, 1, kMostHits);
    auto json = Get("/res/v1/web/search?result_filter=web&count=" + std::to_string(count) + "&q=" + UrlEncoded(query), {"X-Subscription-Token: " + key_},
                    "it refuses the key in RLAR_WEB_SEARCH_KEY, or this request", deadline);
    if (!json) return json.error();
    const Json* web = json->Find("web");  // not there where nothing was found
    return Read(web == nullptr ? nullptr : web->Find("results"), "description", limit);
  }

 private:
  const std::string key_;
};

bool IsNameByte(char c) { return IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '-' || c == '_' || c == '.'; }

// A path segment from `at` on; `at` moves behind it.
std::string Segment(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  while (at < text.size() && IsNameByte(text[at])) ++at;
  return std::string(text.substr(begin, at - begin));
}

void AddModels(std::string_view text, std::vector<std::string>& models) {
  constexpr std::array<std::string_view, 2> kHosts{"huggingface.co/", "hf.co/"};
  constexpr std::array<std::string_view, 16> kOther{"datasets", "spaces", "papers", "blog", "docs",          "collections", "models",  "tasks",
                                                    "learn",    "join",   "login",  "api",  "organizations", "posts",       "pricing", "settings"};
  for (const std::string_view host : kHosts) {
    for (std::size_t at = text.find(host); at != text.npos; at = text.find(host, at)) {
      // "hf.co/" must not be the end of another host's name.
      const bool whole = at == 0 || text[at - 1] == '/' || text[at - 1] == '.' || !IsNameByte(text[at - 1]);
      at += host.size();
      const std::string owner = Segment(text, at);
      if (!whole || owner.empty() || at >= text.size() || text[at] != '/') continue;
      std::string name = Segment(text, ++at);
      while (name.ends_with('.')) name.pop_back();  // of a sentence
      if (name.empty() || std::find(kOther.begin(), kOther.end(), owner) != kOther.end()) continue;
      std::string model = owner + "/" + name;
      if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(std::move(model));
    }
  }
}

}  // namespace

Result<std::unique_ptr<WebSearch>> MakeWebSearch(const std::string& choice) {
  const auto bad = [](const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "web search: " + what); };
  const std::size_t equals = choice.find('=');
  const std::string kind = choice.substr(0, equals);
  std::string url = equals == choice.npos ? "" : choice.substr(equals + 1);
  while (url.ends_with('/')) url.pop_back();
  if (kind != "searxng" && kind != "brave") return bad("'" + kind + "' is neither searxng=URL nor brave");
  if (kind == "brave" && url.empty()) url = kBraveUrl;
  if (!url.starts_with("http://") && !url.starts_with("https://")) return bad("'" + url + "' is no address: " + kind + "=http(s)://…");
  if (kind == "searxng") return std::unique_ptr<WebSearch>(std::make_unique<SearxNg>(std::move(url)));
  const char* key = std::getenv("RLAR_WEB_SEARCH_KEY");
  if (key == nullptr || *key == '\0') return bad("brave needs a key in RLAR_WEB_SEARCH_KEY");
  return std::unique_ptr<WebSearch>(std::make_unique<Brave>(std::move(url), std::string(Trim(key))));
}

std::vector<std::string> ModelsIn(const std::vector<WebHit>& hits) {
  std::vector<std::string> models;
  for (const WebHit& hit : hits) {
    AddModels(hit.url, models);
    AddModels(hit.snippet, models);
  }
  return models;
}

}  // namespace rlar
