// System calls that Python's os module lacks, as thin as they come: each raises OSError naming the step.
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "sandbox/guest/guest.h"

namespace rlar::guest {
namespace {

PyObject* Done(bool done, const char* what) {
  if (!done) return SystemError(what);
  Py_RETURN_NONE;
}

// clone_fork(flags) -> pid: like os.fork with namespaces for the child.
PyObject* CloneFork(PyObject*, PyObject* args) {
  unsigned long flags;
  if (!PyArg_ParseTuple(args, "k", &flags)) return nullptr;
  if (!StepAllowed()) return SystemError("clone");
  PyOS_BeforeFork();
  const long pid = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  const int error = errno;
  if (pid == 0) {
    PyOS_AfterFork_Child();
  } else {
    PyOS_AfterFork_Parent();
  }
  errno = error;
  return pid < 0 ? SystemError("clone") : PyLong_FromLong(pid);
}

// bare_fork() -> pid: a fork without Python's and the C library's handlers, which cost more than the fork itself. Sound for a
// process with one thread, whose locks are all free.
PyObject* BareFork(PyObject*, PyObject*) {
  if (!StepAllowed()) return SystemError("fork");
  const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  return pid < 0 ? SystemError("fork") : PyLong_FromLong(pid);
}

PyObject* Mount(PyObject*, PyObject* args) {
  const char *source, *target, *type, *data;
  unsigned long flags;
  if (!PyArg_ParseTuple(args, "zszkz", &source, &target, &type, &flags, &data)) return nullptr;
  return Done(StepAllowed() && ::mount(source, target, type, flags, data) == 0, "mount");
}

// bind(source, target): a recursive read-only bind mount without setuid programs and devices.
PyObject* Bind(PyObject*, PyObject* args) {
  const char *source, *target;
  int writable_device;
  if (!PyArg_ParseTuple(args, "ssp", &source, &target, &writable_device)) return nullptr;
  if (!StepAllowed() || ::mount(source, target, nullptr, MS_BIND | MS_REC, nullptr) != 0) return SystemError("bind mount");
  if (writable_device) Py_RETURN_NONE;
  struct {
    std::uint64_t attr_set, attr_clr, propagation, userns_fd;
  } attributes{0x1 | 0x2 | 0x4, 0, MS_PRIVATE, 0};  // MOUNT_ATTR_RDONLY | NOSUID | NODEV
  constexpr long kMountSetattr = 442, kRecursive = 0x8000;
  return Done(StepAllowed() && ::syscall(kMountSetattr, AT_FDCWD, target, kRecursive, &attributes, sizeof attributes) == 0, "mount_setattr");
}

// pivot(folder): the folder becomes the root; the old one is gone.
PyObject* Pivot(PyObject*, PyObject* args) {
  const char* folder;
  if (!PyArg_ParseTuple(args, "s", &folder)) return nullptr;
  return Done(StepAllowed() && ::chdir(folder) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 && StepAllowed() && ::umount2(".", MNT_DETACH) == 0 &&
                  ::chdir("/") == 0,
              "pivot_root");
}

// become(uid, gid): the user inside the namespace, capabilities kept.
PyObject* Become(PyObject*, PyObject* args) {
  unsigned int uid, gid;
  if (!PyArg_ParseTuple(args, "II", &uid, &gid)) return nullptr;
  const bool done = StepAllowed() && ::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NOROOT, 0, 0, 0) == 0 && ::setresgid(gid, gid, gid) == 0 &&
                    ::setresuid(uid, uid, uid) == 0;
  return Done(done, "setresuid");
}

// lock_down(dumpable): no new privileges, nothing left to gain by exec. A zygote with cells must stay dumpable, or the kernel does
// not let it enter them; its runs cannot name it there.
PyObject* LockDown(PyObject*, PyObject* args) {
  int dumpable;
  if (!PyArg_ParseTuple(args, "p", &dumpable)) return nullptr;
  if (!StepAllowed() || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return SystemError("no_new_privs");
  for (int capability = 0; capability < 64; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL && errno != EPERM) return SystemError("capbset");
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return SystemError("ambient");
  return Done(StepAllowed() && ::prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0, "dumpable");
}

PyObject* SocketPair(PyObject*, PyObject*) {
  int pair[2];
  if (!StepAllowed() || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return SystemError("socketpair");
  return Py_BuildValue("(ii)", pair[0], pair[1]);
}

PyObject* AdoptOrphans(PyObject*, PyObject*) { return Done(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "child subreaper"); }

PyObject* DieWithParent(PyObject*, PyObject*) { return Done(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "pdeathsig"); }

// landlock_abi() -> the kernel's version, 0 where there is none.
PyObject* LandlockAbi(PyObject*, PyObject*) {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return PyLong_FromLong(abi < 0 ? 0 : abi);
}

// landlock_ruleset(fs, net, scoped, [(path, rights)]) -> descriptor. Newer fields than the headers know are laid out here.
PyObject* LandlockRuleset(PyObject*, PyObject* args) {
  struct {
    std::uint64_t fs, net, scoped;
  } handled;
  unsigned long long fs, net, scoped;
  PyObject* rules;
  if (!PyArg_ParseTuple(args, "KKKO!", &fs, &net, &scoped, &PyList_Type, &rules)) return nullptr;
  handled = {fs, net, scoped};
  const std::size_t size = scoped ? 24 : net ? 16 : 8;
  const int ruleset = StepAllowed() ? static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, size, 0)) : -1;
  if (ruleset < 0) return SystemError("landlock_create_ruleset");
  for (Py_ssize_t i = 0; i < PyList_Size(rules); ++i) {
    const char* path;
    unsigned long long rights;
    if (!PyArg_ParseTuple(PyList_GetItem(rules, i), "sK", &path, &rights)) return ::close(ruleset), nullptr;
    const int fd = ::open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) continue;
    landlock_path_beneath_attr rule{rights, fd};
    const bool done = fd >= 0 && StepAllowed() && ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    if (fd >= 0) ::close(fd);
    if (!done) return ::close(ruleset), SystemError("landlock_add_rule");
  }
  return PyLong_FromLong(ruleset);
}

// receive(fd, size, max_fds) -> (bytes, (fd, …)); empty bytes at the end.
PyObject* Receive(PyObject*, PyObject* args) {
  int fd, max_fds;
  Py_ssize_t size;
  if (!PyArg_ParseTuple(args, "ini", &fd, &size, &max_fds)) return nullptr;
  PyObject* data = PyBytes_FromStringAndSize(nullptr, size);
  if (data == nullptr) return nullptr;
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
  iovec part{PyBytes_AsString(data), static_cast<std::size_t>(size)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  // clang-format off
  Py_BEGIN_ALLOW_THREADS
  do {
    got = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  Py_END_ALLOW_THREADS
      // clang-format on
      if (got < 0) {
    Py_DECREF(data);
    return SystemError("recvmsg");
  }
  PyObject* fds = PyList_New(0);
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    const int count = static_cast<int>((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < count; ++i) {
      int received;
      std::memcpy(&received, CMSG_DATA(at) + i * sizeof(int), sizeof(int));
      if (i >= max_fds) {
        ::close(received);
        continue;
      }
      PyObject* number = PyLong_FromLong(received);
      PyList_Append(fds, number);
      Py_DECREF(number);
    }
  }
  PyObject* bytes = PyBytes_FromStringAndSize(PyBytes_AsString(data), got);
  Py_DECREF(data);
  return Py_BuildValue("(NN)", bytes, fds);
}

// send(fd, bytes, (fd, …)): a packet with at most 4 descriptors.
PyObject* Send(PyObject*, PyObject* args) {
  int fd;
  const char* data;
  Py_ssize_t size;
  PyObject* fds;
  if (!PyArg_ParseTuple(args, "iy#O!", &fd, &data, &size, &PyTuple_Type, &fds)) return nullptr;
  constexpr int kMost = 4;
  const int count = static_cast<int>(PyTuple_Size(fds));
  alignas(cmsghdr) char control[CMSG_SPACE(kMost * sizeof(int))] = {};
  iovec part{const_cast<char*>(data), static_cast<std::size_t>(size)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (count > 0 && count <= kMost) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (int i = 0; i < count; ++i) {
      const int passed = static_cast<int>(PyLong_AsLong(PyTuple_GetItem(fds, i)));
      std::memcpy(CMSG_DATA(header) + i * sizeof(int), &passed, sizeof(int));
    }
  }
  ssize_t sent;
  do {
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return Done(sent == size, "sendmsg");
}

// put_frame(fd, bytes) / get_frame(fd, limit) -> bytes, or None at the end: a 32-bit length, then the data, on a stream.
PyObject* PutFrame(PyObject*, PyObject* args) {
  int fd;
  const char* data;
  Py_ssize_t size;
  if (!PyArg_ParseTuple(args, "iy#", &fd, &data, &size)) return nullptr;
  const auto length = static_cast<std::uint32_t>(size);
  iovec parts[2] = {{const_cast<std::uint32_t*>(&length), sizeof length}, {const_cast<char*>(data), static_cast<std::size_t>(size)}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  std::size_t left = sizeof length + static_cast<std::size_t>(size);
  while (left > 0) {
    ssize_t sent;
    // clang-format off
    Py_BEGIN_ALLOW_THREADS
    sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    Py_END_ALLOW_THREADS
        // clang-format on
        if (sent < 0) {
      if (errno == EINTR) continue;
      return SystemError("sendmsg");
    }
    left -= static_cast<std::size_t>(sent);
    for (iovec& part : parts) {
      const std::size_t step = std::size_t(sent) < part.iov_len ? std::size_t(sent) : part.iov_len;
      part.iov_base = static_cast<char*>(part.iov_base) + step;
      part.iov_len -= step;
      sent -= static_cast<ssize_t>(step);
    }
  }
  Py_RETURN_NONE;
}

bool ReadAll(int fd, char* data, std::size_t size, bool& end) {
  end = false;
  while (size > 0) {
    ssize_t got;
    // clang-format off
    Py_BEGIN_ALLOW_THREADS
    got = ::recv(fd, data, size, 0);
    Py_END_ALLOW_THREADS
        // clang-format on
        if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      end = got == 0 || errno == ECONNRESET;
      return false;
    }
    data += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

PyObject* GetFrame(PyObject*, PyObject* args) {
  int fd;
  unsigned long limit;
  if (!PyArg_ParseTuple(args, "ik", &fd, &limit)) return nullptr;
  std::uint32_t length;
  bool end;
  if (!ReadAll(fd, reinterpret_cast<char*>(&length), sizeof length, end)) {
    if (end) Py_RETURN_NONE;
    return SystemError("recv");
  }
  if (length > limit) {
    PyErr_SetString(PyExc_ValueError, "frame too large");
    return nullptr;
  }
  PyObject* data = PyBytes_FromStringAndSize(nullptr, length);
  if (data == nullptr || ReadAll(fd, PyBytes_AsString(data), length, end)) return data;
  Py_DECREF(data);
  if (end) Py_RETURN_NONE;
  return SystemError("recv");
}

PyObject* PidfdOpen(PyObject*, PyObject* args) {
  int pid;
  if (!PyArg_ParseTuple(args, "i", &pid)) return nullptr;
  const long fd = StepAllowed() ? ::syscall(SYS_pidfd_open, pid, 0) : -1;
  return fd < 0 ? SystemError("pidfd_open") : PyLong_FromLong(fd);
}

PyObject* PidfdKill(PyObject*, PyObject* args) {
  int fd;
  if (!PyArg_ParseTuple(args, "i", &fd)) return nullptr;
  ::syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0);
  Py_RETURN_NONE;
}

}  // namespace

PyMethodDef kSystemMethods[] = {
    {"clone_fork", &CloneFork, METH_VARARGS, nullptr},
    {"bare_fork", &BareFork, METH_NOARGS, nullptr},
    {"mount", &Mount, METH_VARARGS, nullptr},
    {"bind", &Bind, METH_VARARGS, nullptr},
    {"pivot", &Pivot, METH_VARARGS, nullptr},
    {"become", &Become, METH_VARARGS, nullptr},
    {"lock_down", &LockDown, METH_VARARGS, nullptr},
    {"socket_pair", &SocketPair, METH_NOARGS, nullptr},
    {"adopt_orphans", &AdoptOrphans, METH_NOARGS, nullptr},
    {"die_with_parent", &DieWithParent, METH_NOARGS, nullptr},
    {"landlock_abi", &LandlockAbi, METH_NOARGS, nullptr},
    {"landlock_ruleset", &LandlockRuleset, METH_VARARGS, nullptr},
    {"receive", &Receive, METH_VARARGS, nullptr},
    {"send", &Send, METH_VARARGS, nullptr},
    {"put_frame", &PutFrame, METH_VARARGS, nullptr},
    {"get_frame", &GetFrame, METH_VARARGS, nullptr},
    {"pidfd_open", &PidfdOpen, METH_VARARGS, nullptr},
    {"pidfd_kill", &PidfdKill, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rlar::guest
