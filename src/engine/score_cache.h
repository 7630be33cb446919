// Scores of tools that wait (sandbox, child, server), kept by content: the same tool version asked the same thing answers from here, and
// callers who ask it at the same moment share one run.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "rlar/tool.h"

namespace rlar {

// Thread-safe.
class ScoreCache {
 public:
  // Scores some responses of one query, in order.
  using Ask = std::function<std::vector<Score>(std::span<const Response>)>;

  // `max_bytes` = 0 keeps nothing; equal responses in flight are shared all the same.
  explicit ScoreCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  // One score a response, in order; `ask` is called for those that are neither kept nor in flight, each text once. A failure is never kept,
  // nor given to another caller: who waited for it asks anew. A caller whose deadline passes while it waits gets failed(timeout).
  std::vector<Score> Run(const Tool& tool, const Query& query, std::span<const Response> responses, const Json& params, const Deadline& deadline,
                         const Ask& ask);
  struct Counts {
    std::size_t kept = 0, hits = 0, shared = 0, asked = 0, bytes = 0;
  };
  Counts counts() const;

 private:
  struct Flight {
    bool over = false;
    std::optional<Score> score;  // null where it failed
  };
  struct Entry {
    std::string key;
    Score score;
    std::size_t bytes;
  };
  // What has to be done for one of a call's texts.
  struct Need {
    std::string key;
    std::vector<std::size_t> at;     // the responses that hold this text
    std::shared_ptr<Flight> flight;  // another caller's, or null: ours
  };
  std::vector<Need> Claim(std::vector<std::string> keys, std::vector<std::optional<Score>>& scores);
  void Finish(const std::string& key, const Score& score);
  void Keep(const std::string& key, const Score& score);

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable over_;
  std::list<Entry> entries_;  // newest first; all below guarded by mutex_
  std::unordered_map<std::string, std::list<Entry>::iterator> kept_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  Counts counts_;
};

}  // namespace rlar
