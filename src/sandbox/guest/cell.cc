// A cell: the namespaces of one run (pid, mount with a private /tmp, ipc, uts), held by an init process that does nothing but
// reap. The zygote makes the next cell while it is idle; a run enters it with one setns.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "sandbox/guest/guest.h"
#include "sandbox/guest/raw.h"

namespace rlar::guest {
namespace {

constexpr std::size_t kStackBytes = 32 << 10;

// What the init process and its maker share. `state` is a futex: 0 while setting up, 1 ready, 2 failed.
struct Init {
  std::atomic<std::uint32_t> state{0};
  const char* step = "";
  long error = 0;
  char mount_options[64];
  alignas(16) char stack[kStackBytes];
};

Init init_shared;
pid_t init_pid = -1;
int init_fd = -1;

// Runs with the zygote's memory: raw system calls only, nothing of the C library.
int InitMain(void*) {
  const auto fail = [](const char* step, long error) {
    init_shared.step = step;
    init_shared.error = -error;
    init_shared.state.store(2);
    Raw(SYS_futex, &init_shared.state, FUTEX_WAKE, 1);
    Raw(SYS_exit, 1L);
  };
  Raw(SYS_prctl, static_cast<long>(PR_SET_PDEATHSIG), static_cast<long>(SIGKILL));
  // Orphans of the run are reaped by the kernel at once.
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } ignore{SIG_IGN, 0, nullptr, 0};
  Raw(SYS_rt_sigaction, static_cast<long>(SIGCHLD), reinterpret_cast<long>(&ignore), 0, 8);
  if (const long error = Raw(SYS_mount, "tmpfs", reinterpret_cast<long>("/tmp"), reinterpret_cast<long>("tmpfs"), static_cast<long>(MS_NOSUID | MS_NODEV),
                             reinterpret_cast<long>(init_shared.mount_options));
      error < 0) {
    fail("mount /tmp", error);
  }
  if (const long error = Raw(SYS_sethostname, "sandbox", 7L); error < 0) fail("sethostname", error);
  init_shared.state.store(1);
  Raw(SYS_futex, &init_shared.state, FUTEX_WAKE, 1);
  for (;;) Raw(SYS_pause);
}

void KillInit() {
  if (init_pid < 0) return;
  if (init_fd >= 0) ::syscall(SYS_pidfd_send_signal, init_fd, SIGKILL, nullptr, 0);
  while (::waitpid(init_pid, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  if (init_fd >= 0) ::close(init_fd);
  init_pid = init_fd = -1;
}

struct Limit {
  int resource;
  unsigned long long value;
};

bool SetLimits(PyObject* limits) {
  const Py_ssize_t count = PyTuple_Size(limits);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* pair = PyTuple_GetItem(limits, i);
    const int resource = static_cast<int>(PyLong_AsLong(PyTuple_GetItem(pair, 0)));
    const rlim_t value = PyLong_AsUnsignedLongLong(PyTuple_GetItem(pair, 1));
    if (PyErr_Occurred()) return false;
    const rlimit limit{value, value};
    if (!StepAllowed() || ::setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return false;
  }
  return true;
}

bool DropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return StepAllowed() && ::syscall(SYS_capset, &header, none) == 0;
}

// fds[i] becomes descriptor i; all others are closed.
bool PlaceDescriptors(PyObject* fds) {
  const int count = static_cast<int>(PySequence_Size(fds));
  int source[16];
  if (count < 0 || count > 16) return errno = EINVAL, false;
  for (int i = 0; i < count; ++i) {
    // Above the targets first, so that no target overwrites a source.
    PyObject* number = PySequence_GetItem(fds, i);
    const int fd = static_cast<int>(PyLong_AsLong(number));
    Py_XDECREF(number);
    source[i] = fd < count ? ::fcntl(fd, F_DUPFD_CLOEXEC, count) : fd;
    if (!StepAllowed() || source[i] < 0) return false;
  }
  for (int i = 0; i < count; ++i) {
    if (::dup2(source[i], i) < 0) return false;
  }
  return ::syscall(SYS_close_range, count, ~0u, 0) == 0;
}

// In the level without pid namespaces signals may go to the process itself only: the filter holds a placeholder for its pid.
constexpr std::uint32_t kPidPlaceholder = 0x7ead0d1e;

bool LoadFilter(const char* bytes, Py_ssize_t size) {
  constexpr std::size_t kMaxInstructions = 4096;
  static sock_filter program[kMaxInstructions];
  const std::size_t count = static_cast<std::size_t>(size) / sizeof(sock_filter);
  if (count == 0 || count > kMaxInstructions) return errno = EINVAL, false;
  __builtin_memcpy(program, bytes, count * sizeof(sock_filter));
  const auto pid = static_cast<std::uint32_t>(::getpid());
  for (std::size_t i = 0; i < count; ++i) {
    if (program[i].k == kPidPlaceholder && BPF_CLASS(program[i].code) == BPF_JMP) program[i].k = pid;
  }
  const sock_fprog filter{static_cast<unsigned short>(count), program};
  return StepAllowed() && ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

}  // namespace

PyObject* MakeCell(PyObject*, PyObject* args) {
  unsigned long long tmp_bytes;
  if (!PyArg_ParseTuple(args, "K", &tmp_bytes)) return nullptr;
  KillInit();
  std::snprintf(init_shared.mount_options, sizeof init_shared.mount_options, "size=%llu,nr_inodes=16384,mode=1777", tmp_bytes);
  init_shared.state.store(0);
  if (!StepAllowed()) return SystemError("clone of a cell");
  init_pid = ::clone(&InitMain, init_shared.stack + kStackBytes, CLONE_VM | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD | SIGCHLD,
                     nullptr, &init_fd);
  if (init_pid < 0) return SystemError("clone of a cell");
  while (init_shared.state.load() == 0) {
    const timespec pause{1, 0};
    ::syscall(SYS_futex, &init_shared.state, FUTEX_WAIT, 0, &pause, nullptr, 0);
  }
  if (init_shared.state.load() == 2 || !StepAllowed()) {
    errno = init_shared.state.load() == 2 ? static_cast<int>(init_shared.error) : EIO;
    const int error = errno;
    KillInit();
    errno = error;
    return SystemError(init_shared.state.load() == 2 ? init_shared.step : "setting up a cell");
  }
  return PyLong_FromLong(init_fd);
}

PyObject* CloseCell(PyObject*, PyObject*) {
  KillInit();
  Py_RETURN_NONE;
}

PyObject* EnterPidNs(PyObject*, PyObject* args) {
  int fd;
  if (!PyArg_ParseTuple(args, "i", &fd)) return nullptr;
  if (!StepAllowed() || ::setns(fd, CLONE_NEWPID) != 0) return SystemError("setns to the pid namespace");
  Py_RETURN_NONE;
}

// A child that ends at once, made in the entered namespace: its number there counts all that came before it.
PyObject* CountPids(PyObject*, PyObject*) {
  alignas(16) static char stack[4096];
  static volatile long number;
  number = 0;
  const int pid = ::clone(
      [](void*) -> int {
        number = Raw(SYS_getpid);
        Raw(SYS_exit, 0L);
        return 0;
      },
      stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr);
  if (pid > 0) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  return PyLong_FromLong(number);
}

// Every step must succeed: the caller ends the process otherwise.
PyObject* WallIn(PyObject*, PyObject* args) {
  int cell, ruleset, keep;
  const char* folder;
  if (!PyArg_ParseTuple(args, "isii", &cell, &folder, &ruleset, &keep)) return nullptr;
  if (cell >= 0 && (!StepAllowed() || ::setns(cell, CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0)) return SystemError("setns");
  if (!StepAllowed() || ::chdir(folder) != 0) return SystemError("chdir");
  if (ruleset >= 0 && (!StepAllowed() || ::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)) return SystemError("landlock");
  if (!DropCapabilities() || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return SystemError("capset");
  // The filter keeps the guest from taking this back.
  if (!StepAllowed() || ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return SystemError("pdeathsig");
  const bool closed = (keep == 0 || ::syscall(SYS_close_range, 0, keep - 1, 0) == 0) && ::syscall(SYS_close_range, keep + 1, ~0u, 0) == 0;
  if (!closed) return SystemError("close_range");
  Py_RETURN_NONE;
}

PyObject* Seal(PyObject*, PyObject* args) {
  const char* filter;
  Py_ssize_t filter_size;
  PyObject *limits, *fds;
  if (!PyArg_ParseTuple(args, "O!y#O", &PyTuple_Type, &limits, &filter, &filter_size, &fds)) return nullptr;
  if (!PlaceDescriptors(fds)) return SystemError("placing descriptors");
  if (!SetLimits(limits)) return PyErr_Occurred() ? nullptr : SystemError("setrlimit");
  if (!LoadFilter(filter, filter_size)) return SystemError("seccomp");
  Py_RETURN_NONE;
}

}  // namespace rlar::guest
