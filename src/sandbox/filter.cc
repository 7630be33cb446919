#include "sandbox/filter.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/unique_fd.h"

namespace rlar {
namespace {

constexpr std::uint64_t kPidPlaceholder = 0x7ead0d1e;  // as in guest/cell.cc

// Computing, files by descriptor or path (what paths exist is the mount namespace's or Landlock's say), threads, own signals,
// pipes and pairs of sockets. What is not here answers ENOSYS, so that libraries take their older way.
constexpr const char* kAllowed[] = {"read",
                                    "write",
                                    "readv",
                                    "writev",
                                    "pread64",
                                    "pwrite64",
                                    "preadv",
                                    "pwritev",
                                    "preadv2",
                                    "pwritev2",
                                    "close",
                                    "close_range",
                                    "fstat",
                                    "stat",
                                    "lstat",
                                    "newfstatat",
                                    "statx",
                                    "statfs",
                                    "fstatfs",
                                    "lseek",
                                    "mmap",
                                    "mprotect",
                                    "munmap",
                                    "brk",
                                    "mremap",
                                    "madvise",
                                    "msync",
                                    "mincore",
                                    "rt_sigaction",
                                    "rt_sigprocmask",
                                    "rt_sigreturn",
                                    "rt_sigpending",
                                    "rt_sigtimedwait",
                                    "rt_sigsuspend",
                                    "sigaltstack",
                                    "access",
                                    "faccessat",
                                    "faccessat2",
                                    "pipe",
                                    "pipe2",
                                    "select",
                                    "pselect6",
                                    "poll",
                                    "ppoll",
                                    "epoll_create",
                                    "epoll_create1",
                                    "epoll_ctl",
                                    "epoll_wait",
                                    "epoll_pwait",
                                    "epoll_pwait2",
                                    "eventfd",
                                    "eventfd2",
                                    "signalfd",
                                    "signalfd4",
                                    "timerfd_create",
                                    "timerfd_settime",
                                    "timerfd_gettime",
                                    "inotify_init1",
                                    "inotify_add_watch",
                                    "inotify_rm_watch",
                                    "sched_yield",
                                    "sched_getaffinity",
                                    "sched_setaffinity",
                                    "sched_getparam",
                                    "sched_getscheduler",
                                    "sched_get_priority_max",
                                    "sched_get_priority_min",
                                    "getcpu",
                                    "getpriority",
                                    "nanosleep",
                                    "clock_nanosleep",
                                    "clock_gettime",
                                    "clock_getres",
                                    "gettimeofday",
                                    "time",
                                    "times",
                                    "getitimer",
                                    "setitimer",
                                    "alarm",
                                    "pause",
                                    "timer_create",
                                    "timer_settime",
                                    "timer_gettime",
                                    "timer_delete",
                                    "timer_getoverrun",
                                    "getpid",
                                    "gettid",
                                    "getppid",
                                    "getuid",
                                    "geteuid",
                                    "getgid",
                                    "getegid",
                                    "getgroups",
                                    "getresuid",
                                    "getresgid",
                                    "getpgid",
                                    "getpgrp",
                                    "getsid",
                                    "setpgid",
                                    "setsid",
                                    "dup",
                                    "dup2",
                                    "dup3",
                                    "fcntl",
                                    "flock",
                                    "fsync",
                                    "fdatasync",
                                    "ftruncate",
                                    "truncate",
                                    "fallocate",
                                    "getdents",
                                    "getdents64",
                                    "getcwd",
                                    "chdir",
                                    "fchdir",
                                    "rename",
                                    "renameat",
                                    "renameat2",
                                    "mkdir",
                                    "mkdirat",
                                    "rmdir",
                                    "creat",
                                    "link",
                                    "linkat",
                                    "unlink",
                                    "unlinkat",
                                    "symlink",
                                    "symlinkat",
                                    "readlink",
                                    "readlinkat",
                                    "chmod",
                                    "fchmod",
                                    "fchmodat",
                                    "umask",
                                    "utime",
                                    "utimes",
                                    "utimensat",
                                    "futimesat",
                                    "open",
                                    "openat",
                                    "uname",
                                    "sysinfo",
                                    "getrusage",
                                    "getrlimit",
                                    "getrandom",
                                    "memfd_create",
                                    "exit",
                                    "exit_group",
                                    "wait4",
                                    "waitid",
                                    "execve",
                                    "execveat",
                                    "futex",
                                    "futex_waitv",
                                    "set_robust_list",
                                    "get_robust_list",
                                    "set_tid_address",
                                    "rseq",
                                    "arch_prctl",
                                    "restart_syscall",
                                    "membarrier",
                                    "recvmsg",
                                    "recvfrom",
                                    "sendmsg",
                                    "sendto",
                                    "recvmmsg",
                                    "sendmmsg",
                                    "shutdown",
                                    "getsockopt",
                                    "setsockopt",
                                    "getsockname",
                                    "getpeername",
                                    "sendfile",
                                    "copy_file_range",
                                    "splice",
                                    "tee",
                                    "fadvise64",
                                    "readahead",
                                    "sync_file_range",
                                    "mlock",
                                    "munlock",
                                    "pkey_alloc",
                                    "pkey_free",
                                    "pkey_mprotect",
                                    "capget",
                                    "sched_getattr"};

// Known, refused, and refused so that a program that asks sees a plain "not permitted".
constexpr const char* kForbidden[] = {"ptrace",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "kcmp",
                                      "mount",
                                      "umount2",
                                      "pivot_root",
                                      "chroot",
                                      "setns",
                                      "unshare",
                                      "move_mount",
                                      "open_tree",
                                      "fsopen",
                                      "fsconfig",
                                      "fsmount",
                                      "fspick",
                                      "mount_setattr",
                                      "bpf",
                                      "perf_event_open",
                                      "keyctl",
                                      "add_key",
                                      "request_key",
                                      "userfaultfd",
                                      "io_uring_setup",
                                      "io_uring_enter",
                                      "io_uring_register",
                                      "socket",
                                      "connect",
                                      "bind",
                                      "listen",
                                      "accept",
                                      "accept4",
                                      "init_module",
                                      "finit_module",
                                      "delete_module",
                                      "kexec_load",
                                      "kexec_file_load",
                                      "reboot",
                                      "swapon",
                                      "swapoff",
                                      "settimeofday",
                                      "clock_settime",
                                      "clock_adjtime",
                                      "adjtimex",
                                      "sethostname",
                                      "setdomainname",
                                      "iopl",
                                      "ioperm",
                                      "acct",
                                      "quotactl",
                                      "syslog",
                                      "personality",
                                      "setuid",
                                      "setgid",
                                      "setreuid",
                                      "setregid",
                                      "setresuid",
                                      "setresgid",
                                      "setfsuid",
                                      "setfsgid",
                                      "setgroups",
                                      "capset",
                                      "mknod",
                                      "mknodat",
                                      "chown",
                                      "fchown",
                                      "lchown",
                                      "fchownat",
                                      "open_by_handle_at",
                                      "name_to_handle_at",
                                      "fanotify_init",
                                      "lookup_dcookie",
                                      "vhangup",
                                      "nfsservctl",
                                      "seccomp",
                                      "setxattr",
                                      "lsetxattr",
                                      "fsetxattr",
                                      "removexattr",
                                      "process_madvise",
                                      "pidfd_getfd",
                                      "pidfd_send_signal",
                                      "landlock_create_ruleset",
                                      "landlock_add_rule",
                                      "landlock_restrict_self",
                                      "shmget",
                                      "shmat",
                                      "shmctl",
                                      "msgget",
                                      "msgsnd",
                                      "msgrcv",
                                      "msgctl",
                                      "semget",
                                      "semop",
                                      "semctl",
                                      "semtimedop",
                                      "mq_open",
                                      "mq_unlink",
                                      "setrlimit",
                                      "setpriority",
                                      "ioprio_set",
                                      "sched_setscheduler",
                                      "sched_setparam",
                                      "sched_setattr",
                                      "mbind",
                                      "set_mempolicy",
                                      "migrate_pages",
                                      "move_pages",
                                      "vmsplice",
                                      "memfd_secret",
                                      "rt_sigqueueinfo",
                                      "rt_tgsigqueueinfo",
                                      "setdomainname",
                                      "modify_ldt"};

constexpr std::uint64_t kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_UNTRACED;

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {}
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  template <class... Arg>
  void Add(std::uint32_t action, const char* name, Arg... args) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0) return;  // older library or another architecture: stays refused
    const int code = seccomp_rule_add(context_, action, number, sizeof...(args), args...);
    if (code != 0 && error_.empty()) error_ = std::string(name) + ": " + std::strerror(-code);
  }
  Result<std::string> Export() {
    if (!error_.empty()) return MakeError(ErrorCode::kInternal, "seccomp rule for " + error_);
    seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
    if (!file.valid() || seccomp_export_bpf(context_, file.get()) != 0) {
      return MakeError(ErrorCode::kUnavailable, "cannot export the seccomp filter");
    }
    std::string program(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    if (::pread(file.get(), program.data(), program.size(), 0) != static_cast<ssize_t>(program.size())) {
      return MakeError(ErrorCode::kUnavailable, "cannot read the seccomp filter");
    }
    return program;
  }

 private:
  scmp_filter_ctx context_;
  std::string error_;
};

void AddProcessRules(Filter& filter, bool processes) {
  // clone3 hides its flags behind a pointer; answered ENOSYS, the C library takes clone.
  if (processes) {
    filter.Add(SCMP_ACT_ALLOW, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0));
    filter.Add(SCMP_ACT_ALLOW, "fork");
    filter.Add(SCMP_ACT_ALLOW, "vfork");
    return;
  }
  filter.Add(SCMP_ACT_ALLOW, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaceFlags | CLONE_THREAD, CLONE_THREAD));
  filter.Add(SCMP_ACT_ERRNO(EAGAIN), "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  filter.Add(SCMP_ACT_ERRNO(EAGAIN), "fork");
  filter.Add(SCMP_ACT_ERRNO(EAGAIN), "vfork");
}

void AddSignalRules(Filter& filter, IsolationLevel level) {
  for (const char* name : {"kill", "tgkill", "tkill"}) {
    if (level == IsolationLevel::kNamespaces) {
      filter.Add(SCMP_ACT_ALLOW, name);
    } else if (std::strcmp(name, "tkill") != 0) {
      filter.Add(SCMP_ACT_ALLOW, name, SCMP_A0(SCMP_CMP_EQ, kPidPlaceholder));
      filter.Add(SCMP_ACT_ERRNO(EPERM), name, SCMP_A0(SCMP_CMP_NE, kPidPlaceholder));
    } else {
      filter.Add(SCMP_ACT_ERRNO(EPERM), name);
    }
  }
}

}  // namespace

Result<std::string> SeccompFilter(IsolationLevel level, bool processes) {
  Filter filter;
  for (const char* name : kAllowed) filter.Add(SCMP_ACT_ALLOW, name);
  for (const char* name : kForbidden) filter.Add(SCMP_ACT_ERRNO(EPERM), name);
  AddProcessRules(filter, processes);
  AddSignalRules(filter, level);
  filter.Add(SCMP_ACT_ALLOW, "socketpair", SCMP_A0(SCMP_CMP_EQ, static_cast<std::uint64_t>(AF_UNIX)));
  // Limits can be read, and lowered by nobody: the second argument (the new limit) must be null.
  filter.Add(SCMP_ACT_ALLOW, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0));
  filter.Add(SCMP_ACT_ERRNO(EPERM), "prlimit64", SCMP_A2(SCMP_CMP_NE, 0));
  for (const int option : {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_TIMERSLACK, PR_CAPBSET_READ, 0x53564d41}) {
    filter.Add(SCMP_ACT_ALLOW, "prctl", SCMP_A0(SCMP_CMP_EQ, static_cast<std::uint64_t>(option)));
  }
  for (const int request : {0x5401 /* TCGETS */, 0x5413 /* TIOCGWINSZ */, 0x541b /* FIONREAD */, 0x5421 /* FIONBIO */, 0x5450 /* FIONCLEX */,
                            0x5451 /* FIOCLEX */, 0x540f /* TIOCGPGRP */}) {
    filter.Add(SCMP_ACT_ALLOW, "ioctl", SCMP_A1(SCMP_CMP_EQ, static_cast<std::uint64_t>(request)));
  }
  return filter.Export();
}

}  // namespace rlar
