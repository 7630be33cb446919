// Responses of a policy to the rows of a build, right and wrong ones, without labels: material for probes.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "rlar/sample.h"

namespace rlar {

// Not thread-safe while it is filled; then it may be read from many threads.
class Rollouts {
 public:
  static constexpr std::size_t kMostPerRow = 16;  // more of one prompt are dropped

  // Adds the responses of a JSON Lines file: `responses` (or `response`) with `prompt`, or with the `id` of a row whose prompt stands in
  // `prompts`. The error names the line and what it lacks.
  Result<void> Read(const std::string& path, const std::unordered_map<std::string, std::string>& prompts);
  void Add(const std::string& prompt, const std::vector<Response>& responses);
  const std::vector<std::string>& Of(const Query& query) const;
  bool empty() const { return texts_.empty(); }

 private:
  std::unordered_map<std::string, std::vector<std::string>> texts_;  // by prompt
};

// Texts as responses that are nothing else.
std::vector<Response> AsResponses(const std::vector<std::string>& texts);

}  // namespace rlar
