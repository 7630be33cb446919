// Web search behind one type, to find names of models that the Hub's own search does not bring up. Optional: nothing
// needs it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rlar/result.h"
#include "rlar/tool.h"

namespace rlar {

struct WebHit {
  std::string title, url, snippet;  // plain text, as the service gave it
};

// Thread-safe.
class WebSearch {
 public:
  virtual ~WebSearch() = default;
  // At most `limit` (1 to 20) hits, best first; none is no error. Errors: unavailable (not there, 5xx, no JSON served,
  // a key that is missing or refused: the message says which and what to do), overloaded (429, with how long to wait
  // where it was said), timeout, corrupt (an answer of another form). No message holds the key.
  virtual Result<std::vector<WebHit>> Search(const std::string& query, int limit, const Deadline& deadline) = 0;
  virtual std::string name() const = 0;
};

// "searxng=URL" (a SearXNG instance whose settings allow the format json), "brave" or "brave=URL" (Brave's web search
// API, the key in RLAR_WEB_SEARCH_KEY). An unknown kind and an address that is none are errors that name them.
Result<std::unique_ptr<WebSearch>> MakeWebSearch(const std::string& choice);

// The repositories OWNER/NAME that addresses of the Hub (huggingface.co, hf.co) in the hits' urls and snippets name,
// each once, in order. Pages of the Hub that are no models (datasets, spaces, papers, …) are passed over.
std::vector<std::string> ModelsIn(const std::vector<WebHit>& hits);

}  // namespace rlar
