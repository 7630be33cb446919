#include "sandbox/usage.h"

#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace rlar {
namespace {

constexpr int kMaxProcesses = 4096;

long PidOf(int pidfd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(pidfd));
  std::string key;
  while (info >> key) {
    long value;
    if (key == "Pid:" && info >> value) return value;
    info.ignore(4096, '\n');
  }
  return -1;
}

double CpuMs(long pid) {
  clockid_t clock;
  timespec used;
  if (::clock_getcpuclockid(static_cast<pid_t>(pid), &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

// Children that have ended and were waited for: their times stand in the parent's stat, fields 16 and 17 in clock ticks.
double WaitedChildrenMs(long pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto after = text.rfind(')');
  if (after == text.npos) return 0;
  std::istringstream fields(text.substr(after + 1));
  std::string skip;
  for (int i = 0; i < 13; ++i) fields >> skip;
  long user = 0, system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) * 1e3 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::vector<long> Children(long pid) {
  const std::string path = "/proc/" + std::to_string(pid);
  std::ifstream file(path + "/task/" + std::to_string(pid) + "/children");
  std::vector<long> children;
  for (long child; file >> child;) children.push_back(child);
  return children;
}

}  // namespace

Usage UsageOf(int pidfd) {
  Usage usage;
  const long pid = PidOf(pidfd);
  if (pid <= 0) return usage;
  std::vector<long> tree{pid};
  for (std::size_t i = 0; i < tree.size() && i < kMaxProcesses; ++i) {
    usage.cpu_ms += CpuMs(tree[i]) + WaitedChildrenMs(tree[i]);
    for (const long child : Children(tree[i])) tree.push_back(child);
  }
  usage.waited_ms = WaitedMs(pid);
  return usage;
}

double WaitedMs(long pid) {
  double total = 0;
  std::error_code error;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream file(task.path() / "schedstat");
    double ran = 0, waited = 0;
    if (file >> ran >> waited) total += waited / 1e6;
  }
  return total;
}

FolderUsage UsageOfFolder(const std::string& folder, std::size_t most_files) {
  namespace fs = std::filesystem;
  FolderUsage usage;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end && usage.files <= most_files; at.increment(error)) {
    ++usage.files;
    std::error_code ignored;
    if (at->is_regular_file(ignored) && !at->is_symlink(ignored)) usage.bytes += at->file_size(ignored);
  }
  return usage;
}

}  // namespace rlar
