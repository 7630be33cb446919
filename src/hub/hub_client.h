// The Hugging Face Hub: search, facts about a model, its card, its files. Speaks through worker.py, a child with the huggingface_hub
// package, so that tokens, mirrors (HF_ENDPOINT), offline mode and the cache are those of every Python user.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rlar/json.h"
#include "rlar/tool.h"

namespace rlar {

class Child;

struct HubHit {
  std::string id;
  double downloads = 0, likes = 0;
  std::vector<std::string> tags;
  std::string pipeline_tag;
  bool gated = false;
};

struct HubModel {
  std::string id;   // what the Hub calls it now: another name than the one asked for where it was renamed
  std::string sha;  // commit
  bool gated = false, is_private = false;
  std::string license;  // empty where none is stated
  std::vector<std::string> languages, tags, architectures;
  int num_labels = 0;
  bool custom_code = false;  // wants trust_remote_code
  bool safetensors = false, pickle = false;
  double weight_bytes = 0;  // of the safetensors, else of the pickles
};

// Thread-safe; one request at a time. Errors: kNotFound (missing or private), kUnavailable (gated, offline, unreachable, no package: the message says
// which and what to do), kOverloaded (rate limit), kTimeout, kCorrupt (a checksum), kInvalidArgument (too large).
class HubClient {
 public:
  HubClient();
  ~HubClient();
  Result<std::vector<HubHit>> Search(const std::string& query, const std::string& filter, int limit, const Deadline& deadline);
  Result<HubModel> Info(const std::string& model, const Deadline& deadline);
  Result<std::string> Card(const std::string& model, const std::string& revision, const Deadline& deadline);
  // The folder in the cache that holds the model's safetensors, configuration and tokenizer, checked against their hashes.
  Result<std::string> Fetch(const std::string& model, const std::string& revision, double max_bytes, const Deadline& deadline);

 private:
  Result<Json> Ask(const Json& request, const Deadline& deadline);
  std::mutex mutex_;
  std::unique_ptr<Child> child_;  // guarded by mutex_; started at the first request
};

}  // namespace rlar
