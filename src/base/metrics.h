// Counters, gauges and histograms in Prometheus text form. Thread-safe; series are made on first use and never dropped, so
// label values must come from small closed sets (paths, tools, statuses).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace rlar {

class Metrics {
 public:
  // `labels` is ready text: `path="/v1/score",code="200"`, or empty.
  void Count(const std::string& name, const std::string& labels, std::uint64_t add = 1);
  void Set(const std::string& name, const std::string& labels, double value);
  // Seconds, into fixed buckets from 0.5 ms to 30 s.
  void Observe(const std::string& name, const std::string& labels, double seconds);
  void Describe(const std::string& name, const std::string& help);
  std::string Render() const;
  // A label value with quotes, backslashes and newlines escaped.
  static std::string Escape(std::string_view value);

 private:
  static constexpr std::array<double, 14> kBuckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 30};
  struct Histogram {
    std::array<std::uint64_t, kBuckets.size() + 1> counts{};
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::uint64_t>> counters_;  // all guarded by mutex_
  std::map<std::string, std::map<std::string, double>> gauges_;
  std::map<std::string, std::map<std::string, Histogram>> histograms_;
  std::map<std::string, std::string> help_;
};

}  // namespace rlar
