#include "sandbox/probe.h"

#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/text.h"

namespace rlar {
namespace {

HostCheck CheckLevel(const SandboxOptions& options, IsolationLevel level, std::string& control_group) {
  InterpreterOptions start;
  start.python = options.python;
  start.level = level;
  start.control_groups = options.control_groups;
  auto made = Interpreter::Start(start, Deadline::After(std::chrono::milliseconds(20'000)));
  HostCheck check{std::string(Name(level)), made.has_value(), {}, {}};
  if (made) {
    RunJob job;
    job.job = R"json({"mode":"script","sources":["print(6 * 7)"]})json";
    const RunResult result = Run(**made, job, Deadline::After(std::chrono::milliseconds(20'000)));
    check.ok = result.outcome == Outcome::kOk && result.out == "42\n";
    check.detail = check.ok ? "a program ran in it" : "it was set up, but a program did not run: " + result.detail;
    control_group = (*made)->control_group();
    return check;
  }
  check.detail = made.error().ToString();
  check.advice = level == IsolationLevel::kNamespaces
                     ? "in a container, allow user namespaces (a seccomp profile with clone, unshare, mount, pivot_root and setns); on the "
                       "host, sysctl user.max_user_namespaces above 0 and, on Debian or Ubuntu, kernel.unprivileged_userns_clone=1 and "
                       "kernel.apparmor_restrict_unprivileged_userns=0"
                     : "a kernel of 5.13 or newer with Landlock in its list of security modules, and seccomp";
  return check;
}

HostCheck CheckLandlock() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return {"landlock", abi > 0, abi > 0 ? "version " + std::to_string(abi) : "not in this kernel", abi > 0 ? "" : "boot with lsm=landlock,…"};
}

HostCheck CheckProgram(const std::string& name, const std::string& path, const std::string& advice) {
  const bool there = ::access(path.c_str(), X_OK) == 0;
  return {name, there, path + (there ? "" : " is not installed"), there ? "" : advice};
}

}  // namespace

HostReport ProbeHost(const SandboxOptions& options) {
  HostReport report{"none", {}};
  std::string group = "none";
  report.checks.push_back(CheckProgram("python", options.python, "install python3, or name one with RLAR_SANDBOX_PYTHON"));
  for (const IsolationLevel level : {IsolationLevel::kConfined, IsolationLevel::kNamespaces}) {
    report.checks.push_back(CheckLevel(options, level, group));
    if (report.checks.back().ok) report.isolation = Name(level);
  }
  report.checks.push_back({"control_group", group != "none", group,
                           group != "none" ? "" : "not needed: limits per process hold; a delegated group also bounds a run's memory as a whole"});
  report.checks.push_back({"seccomp", ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0, "", "a kernel with CONFIG_SECCOMP_FILTER"});
  if (report.checks.back().ok) report.checks.back().advice.clear();
  report.checks.push_back(CheckLandlock());
  report.checks.push_back(CheckProgram("cpp", "/usr/bin/g++", "install g++ for C++ programs"));
  report.checks.push_back(CheckProgram("javascript", "/usr/bin/node", "install nodejs for JavaScript programs"));
  return report;
}

}  // namespace rlar
