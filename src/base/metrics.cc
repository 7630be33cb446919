#include "base/metrics.h"

#include <algorithm>

#include "rlar/json.h"

namespace rlar {
namespace {

std::string Number(double value) {
  std::string text;
  AppendJsonNumber(text, value);
  return text;
}

std::string Braces(const std::string& labels) { return labels.empty() ? "" : "{" + labels + "}"; }

}  // namespace

void Metrics::Count(const std::string& name, const std::string& labels, std::uint64_t add) {
  const std::lock_guard lock(mutex_);
  counters_[name][labels] += add;
}

void Metrics::Set(const std::string& name, const std::string& labels, double value) {
  const std::lock_guard lock(mutex_);
  gauges_[name][labels] = value;
}

void Metrics::Observe(const std::string& name, const std::string& labels, double seconds) {
  const auto bucket = static_cast<std::size_t>(std::lower_bound(kBuckets.begin(), kBuckets.end(), seconds) - kBuckets.begin());
  const std::lock_guard lock(mutex_);
  Histogram& histogram = histograms_[name][labels];
  ++histogram.counts[bucket];
  histogram.sum += seconds;
}

void Metrics::Describe(const std::string& name, const std::string& help) {
  const std::lock_guard lock(mutex_);
  help_[name] = help;
}

std::string Metrics::Escape(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string Metrics::Render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  const auto head = [&](const std::string& name, const char* type) {
    const auto help = help_.find(name);
    if (help != help_.end()) out += "# HELP " + name + " " + help->second + "\n";
    out += "# TYPE " + name + " " + type + "\n";
  };
  for (const auto& [name, series] : counters_) {
    head(name, "counter");
    for (const auto& [labels, value] : series) out += name + Braces(labels) + " " + std::to_string(value) + "\n";
  }
  for (const auto& [name, series] : gauges_) {
    head(name, "gauge");
    for (const auto& [labels, value] : series) out += name + Braces(labels) + " " + Number(value) + "\n";
  }
  for (const auto& [name, series] : histograms_) {
    head(name, "histogram");
    for (const auto& [labels, histogram] : series) {
      const std::string comma = labels.empty() ? "" : labels + ",";
      std::uint64_t total = 0;
      for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        total += histogram.counts[i];
        const std::string le = i < kBuckets.size() ? Number(kBuckets[i]) : "+Inf";
        out += name + "_bucket{" + comma + "le=\"" + le + "\"} " + std::to_string(total) + "\n";
      }
      out += name + "_sum" + Braces(labels) + " " + Number(histogram.sum) + "\n";
      out += name + "_count" + Braces(labels) + " " + std::to_string(total) + "\n";
    }
  }
  return out;
}

}  // namespace rlar
