// Runs a program as a container without user namespaces would: the system calls that Docker's default profile refuses answer EPERM,
// and the capabilities that it takes away are gone. `rlar_container PROGRAM ARGUMENT…`
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <initializer_list>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  // Docker keeps chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod,
  // audit_write and setfcap.
  constexpr unsigned kKept = 0xa80425fb;
  for (int capability = 0; capability < 64; ++capability) {
    if (capability < 32 && (kKept >> capability & 1)) continue;
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{kKept, kKept, kKept}, {0, 0, 0}};
  if (::geteuid() == 0 && ::syscall(SYS_capset, &header, data) != 0) return std::perror("capset"), 2;
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  for (const char* name : {"unshare", "mount", "umount2", "pivot_root", "setns", "move_mount", "open_tree", "fsopen", "mount_setattr"}) {
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(name), 0);
  }
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  for (const unsigned long flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET}) {
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
  }
  if (seccomp_load(filter) != 0) return std::fprintf(stderr, "cannot load the filter\n"), 2;
  ::execvp(argv[1], argv + 1);
  std::perror(argv[1]);
  return 2;
}
