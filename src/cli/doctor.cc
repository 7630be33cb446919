// rlar doctor: what this host allows, and what to do where it does not.
#include <cstdio>

#include "cli/commands.h"
#include "sandbox/probe.h"

namespace rlar::cli {

int Doctor(const DoctorOptions& options) {
  const HostReport report = ProbeHost(SandboxOptions::FromEnvironment());
  if (options.json) {
    Json json, checks = Json::Array{};
    for (const HostCheck& check : report.checks) {
      Json item;
      item.Set("name", check.name);
      item.Set("ok", check.ok);
      item.Set("detail", check.detail);
      if (!check.advice.empty()) item.Set("advice", check.advice);
      checks.Push(std::move(item));
    }
    json.Set("schema_version", 1);
    json.Set("isolation", report.isolation);
    json.Set("checks", std::move(checks));
    std::printf("%s\n", json.Dump().c_str());
  } else {
    std::printf("isolation: %s\n", report.isolation.c_str());
    for (const HostCheck& check : report.checks) {
      std::printf("%-4s %-14s %s\n", check.ok ? "ok" : "no", check.name.c_str(), check.detail.c_str());
      if (!check.ok && !check.advice.empty()) std::printf("     %-14s → %s\n", "", check.advice.c_str());
    }
  }
  return report.isolation == "none" ? 1 : 0;
}

}  // namespace rlar::cli
