// ShareHistory: how many queries each task had, window after window, since the server started. The whole time in bounded memory: where there
// are too many windows, each two become one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rlar/json.h"

namespace rlar {

// Not thread-safe.
class ShareHistory {
 public:
  static constexpr std::size_t kMostWindows = 128, kFirstWindow = 16;

  void Add(const std::string& task) {
    if (windows_.empty() || in_last_ == window_) {
      if (windows_.size() == kMostWindows) Halve();
      windows_.emplace_back();
      in_last_ = 0;
    }
    ++windows_.back()[task];
    ++in_last_;
  }
  // {"window": queries of each window but the last, "windows": [{task: queries}, …]}; queries of no task stand under "".
  Json ToJson() const {
    Json json, windows = Json::Array{};
    for (const auto& window : windows_) {
      Json counts = Json::Object{};
      for (const auto& [task, count] : window) counts.Set(task, static_cast<std::int64_t>(count));
      windows.Push(std::move(counts));
    }
    json.Set("window", static_cast<std::int64_t>(window_));
    json.Set("windows", std::move(windows));
    return json;
  }

 private:
  // Every window is full here.
  void Halve() {
    for (std::size_t i = 0; i < kMostWindows / 2; ++i) {
      auto both = std::move(windows_[2 * i]);
      for (const auto& [task, count] : windows_[2 * i + 1]) both[task] += count;
      windows_[i] = std::move(both);
    }
    windows_.resize(kMostWindows / 2);
    window_ *= 2;
  }

  std::vector<std::map<std::string, std::size_t>> windows_;
  std::size_t window_ = kFirstWindow, in_last_ = 0;
};

}  // namespace rlar
