#include "base/short_slice.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace rlar {
namespace {

constexpr std::uint64_t kSliceNs = 100'000;  // the least that the kernel takes

// struct sched_attr of sched_setattr(2), which Debian 12's C library does not declare.
struct SchedAttr {
  std::uint32_t size = sizeof(SchedAttr), policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = kSliceNs, deadline = 0, period = 0;
};

}  // namespace

void TakeShortSlices() {
  SchedAttr attributes;
  errno = 0;
  attributes.nice = ::getpriority(PRIO_PROCESS, 0);
  if (errno == 0) ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace rlar
