"""Programs that attack the sandbox: one attack each, with the exact end that each must have.

A guest prints "HELD" where a wall held (the attack was refused), "ESCAPED" where it did not; some end by a limit instead. `outcome`
and `says` are for level namespaces; `confined` gives what differs there. {SECRET} is a file of the host that only the test's user may
read, {PORT} a listening port of the host, {PID} a process of the host, {TMP} a folder of the host.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Guest:
    name: str
    source: str
    outcome: str = "ok"
    says: str = "HELD"
    confined: tuple | None = None  # (outcome, says) where it differs
    limits: tuple = ()  # further options of `rlar run`
    needs_group: bool = False  # at level namespaces only a control group can tell


def refused(action, *errors):
    """A program that tries `action` and says whether the system refused it."""
    kinds = ", ".join(errors) or "OSError"
    body = "\n".join("    " + line for line in action.strip().splitlines())
    return f"import os, sys, ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\ntry:\n{body}\n    print('ESCAPED')\nexcept ({kinds}) as e:\n    print('HELD')\n"


def syscall(number, *arguments):
    """A program that makes a system call and says whether it was refused."""
    given = ", ".join(str(a) for a in arguments)
    return (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.syscall.restype = ctypes.c_long\n"
        f"r = libc.syscall({number}{', ' if given else ''}{given})\n"
        "print('ESCAPED' if r >= 0 else 'HELD', r, ctypes.get_errno())\n"
    )


EXHAUSTION = [
    Guest("fork_bomb", "import os\nwhile True: os.fork()", "process_limit", "", ("process_limit", "")),
    Guest(
        "fork_bomb_that_ignores_errors",
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "process_limit",
        "",
        ("cpu_limit", ""),
        ("--time-limit-s", "1"),
    ),
    Guest(
        "thread_bomb",
        "import threading, time\nn=0\ntry:\n  while n < 5000:\n    threading.Thread(target=time.sleep, args=(9,), daemon=True).start(); n += 1\n"
        "  print('ESCAPED')\nexcept (RuntimeError, MemoryError):\n  print('HELD', n < 200)",
        says="HELD True",
    ),
    Guest("memory_bomb", "x = []\nwhile True: x.append(bytearray(1 << 24))", "memory_limit", ""),
    Guest("memory_at_once", "x = bytearray(1 << 40)", "memory_limit", ""),
    Guest(
        "memory_of_many_processes",
        "import os, time\nfor _ in range(20):\n  if os.fork() == 0:\n    x = bytearray(200 << 20)\n    time.sleep(60)\n"
        "time.sleep(60)",
        "memory_limit",
        "",
        ("process_limit", ""),
        ("--time-limit-s", "2", "--memory-limit-mb", "300"),
        needs_group=True,
    ),
    Guest("big_file", "f = open('f', 'wb')\nwhile True: f.write(b'x' * (1 << 20))", "file_limit", ""),
    Guest(
        "disk_fill",
        "for i in range(1000):\n  with open(f'f{i}', 'wb') as f: f.write(b'x' * (32 << 20))",
        "file_limit",
        "",
        ("file_limit", ""),
    ),
    Guest(
        "many_files",
        "n = 0\ntry:\n  while n < 10**6:\n    open(f'f{n}', 'w').close(); n += 1\n  print('ESCAPED')\nexcept OSError: print('HELD')",
        confined=("file_limit", ""),
    ),
    Guest(
        "descriptors",
        "import os\nn = 0\ntry:\n  while n < 10**5: os.dup(0); n += 1\n  print('ESCAPED')\nexcept OSError: print('HELD', n < 1000)",
        says="HELD True",
    ),
    Guest(
        "pipe_fill",
        "import os\nr, w = os.pipe()\nos.set_blocking(w, False)\ntry:\n  while True: os.write(w, b'x' * 65536)\nexcept BlockingIOError: print('HELD')",
    ),
    Guest("endless_output", "while True: print('x' * 10000)", "cpu_limit", "x", limits=("--time-limit-s", "1")),
    Guest("output_of_150000", "print('HELD' + 'y' * 150000)"),
    Guest("sleep_forever", "import time\ntime.sleep(10**6)", "wall_limit", "", limits=("--time-limit-s", "1")),
    Guest("spin_forever", "while True: pass", "cpu_limit", "", limits=("--time-limit-s", "1")),
    Guest(
        "spin_in_threads",
        "import threading\ndef f():\n  while True: pass\nfor _ in range(8): threading.Thread(target=f).start()",
        "cpu_limit",
        "",
        limits=("--time-limit-s", "1"),
    ),
    Guest(
        "ignores_signals",
        "import signal, time\nfor s in range(1, 64):\n  try: signal.signal(s, signal.SIG_IGN)\n  except (OSError, ValueError): pass\n"
        "while True: pass",
        "cpu_limit",
        "",
        limits=("--time-limit-s", "1"),
    ),
    Guest(
        "deep_recursion",
        "import sys\nsys.setrecursionlimit(10**9)\nclass A:\n  def __repr__(self): return repr(self)\nrepr(A())",
        "signal",
        "",
    ),
    Guest("huge_integer", "x = 7 ** (7 ** 11)", "cpu_limit", "", limits=("--time-limit-s", "1")),
]

PROCESSES = [
    Guest(
        "kill_everything",
        "import os, signal\ntry:\n  os.kill(-1, signal.SIGKILL)\n  print('HELD')\nexcept OSError: print('HELD')",
    ),
    Guest(
        "kill_the_parent",
        "import os, signal\ntry: os.kill(os.getppid(), signal.SIGKILL)\nexcept OSError: pass\nprint('HELD')",
        "signal",
        "",
        ("ok", "HELD"),
    ),
    Guest("kill_init", "import os, signal\ntry: os.kill(1, signal.SIGKILL)\nexcept OSError: pass\nprint('HELD')"),
    Guest("kill_a_host_process", refused("os.kill({PID}, 0)")),
    Guest("ptrace_attach", syscall(101, 16, 1, 0, 0)),
    Guest("ptrace_traceme", syscall(101, 0, 0, 0, 0)),
    Guest("read_memory_of_another", syscall(310, 1, 0, 0, 0, 0, 0)),
    Guest("write_memory_of_another", syscall(311, 1, 0, 0, 0, 0, 0)),
    Guest(
        "daemonised_child",
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    open('/tmp/rlar-alive-{PORT}', 'w'); time.sleep(300)\n  os._exit(0)\n"
        "os.wait(); print('HELD')",
        confined=("process_limit", ""),
    ),
    Guest("pidfd_of_init", syscall(424, "libc.syscall(434, 1, 0)", 9, 0, 0)),
    Guest(
        "raise_limits",
        refused("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "ValueError", "OSError"),
    ),
    Guest("lower_nice", refused("os.nice(-5)")),
    Guest("abort", "import os\nos.abort()", "signal", ""),
    Guest("crash", "import ctypes\nctypes.string_at(0)", "signal", ""),
    Guest("exit_code", "import sys\nsys.exit(7)", "nonzero_exit", ""),
    Guest("os_exit", "import os\nos._exit(0)", says=""),
]

KERNEL = [
    Guest("mount_tmpfs", refused("r = libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None)\nif r: raise OSError()")),
    Guest("unmount_tmp", refused("r = libc.umount2(b'/tmp', 2)\nif r: raise OSError()")),
    Guest("remount_root", refused("r = libc.mount(None, b'/', None, 32 | 4096, None)\nif r: raise OSError()")),
    Guest("chroot", refused("os.chroot('/tmp')")),
    Guest("new_user_namespace", refused("r = libc.unshare(0x10000000)\nif r: raise OSError()")),
    Guest("clone_new_user", syscall(56, "0x10000011", 0, 0, 0, 0)),
    Guest("clone3", syscall(435, 0, 0)),
    Guest("setns", syscall(308, 0, 0)),
    Guest("setuid_root", refused("os.setuid(0)")),
    Guest("setgid_root", refused("os.setgid(0)")),
    Guest("setgroups", refused("os.setgroups([0])")),
    Guest(
        "setuid_program",
        "import subprocess, os\ntry:\n  p = subprocess.run(['/usr/bin/su', '-c', 'id'], stdin=subprocess.DEVNULL, capture_output=True)\n"
        "  print('ESCAPED' if b'uid=0' in p.stdout else 'HELD')\nexcept OSError: print('HELD')",
    ),
    Guest("make_device", refused("import stat\nos.mknod('sda', 0o600 | stat.S_IFBLK, os.makedev(8, 0))")),
    Guest("keyctl", syscall(250, 0, -3, 1)),
    Guest("add_key", syscall(248, 0, 0, 0, 0, -3)),
    Guest("bpf", syscall(321, 0, 0, 0)),
    Guest("io_uring", syscall(425, 8, 0)),
    Guest("userfaultfd", syscall(323, 0)),
    Guest("perf_event", syscall(298, 0, 0, -1, -1, 0)),
    Guest("load_module", syscall(313, 0, 0, 0)),
    Guest("reboot", syscall(169, 0, 0, 0)),
    Guest("set_clock", refused("import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)")),
    Guest("set_hostname", refused("r = libc.sethostname(b'x', 1)\nif r: raise OSError()")),
    Guest("kernel_log", syscall(103, 3, 0, 0)),
    Guest("personality", syscall(135, 0x0040000)),
    Guest("own_seccomp", syscall(317, 0, 0, 0)),
    Guest("shared_memory_of_the_host", syscall(29, 1, 4096, 0o1666)),
    Guest("message_queue", syscall(68, 1, 0o1666)),
    Guest("io_ports", syscall(172, 3)),
]

FILES = [
    Guest("read_the_secret", refused("print(open('{SECRET}').read())")),
    Guest("list_the_host_folder", refused("print(os.listdir('{TMP}'))")),
    Guest("read_shadow", refused("print(open('/etc/shadow').read())")),
    Guest("read_passwd", refused("print(open('/etc/passwd').read())")),
    Guest("write_usr", refused("open('/usr/x', 'w')")),
    Guest("write_interpreter", refused("open(sys.executable, 'r+b')")),
    Guest("change_library", refused("import json\nos.unlink(json.__file__)")),
    Guest("proc_environ_of_another", refused("print(open('/proc/{PID}/environ', 'rb').read())")),
    Guest("proc_mem_of_init", refused("open('/proc/1/mem', 'r+b')")),
    Guest("proc_root_of_init", refused("print(os.listdir('/proc/1/root/'))")),
    Guest("proc_sysrq", refused("open('/proc/sysrq-trigger', 'w').write('b')")),
    Guest("sys_kernel", refused("print(os.listdir('/sys/kernel'))")),
    Guest("symlink_to_the_secret", refused("os.symlink('{SECRET}', 'link')\nprint(open('link').read())")),
    Guest(
        "symlink_race",
        "import os, threading\nstop = False\ndef flip():\n  while not stop:\n    try: os.unlink('l')\n    except OSError: pass\n    os.symlink('{SECRET}', 'l')\n"
        "threading.Thread(target=flip, daemon=True).start()\nfor _ in range(2000):\n  try:\n    open('l').read(); print('ESCAPED'); break\n  except OSError: pass\n"
        "else: print('HELD')\nstop = True",
    ),
    Guest("hard_link_to_usr", refused("os.link('/usr/bin/env', 'env')")),
    Guest("dot_dot", refused("print(open('../../../../../../..{SECRET}').read())")),
    Guest("open_by_handle", syscall(304, -100, 0, 0)),
    Guest(
        "inherited_descriptors",
        "import os\nopen_ones = []\nfor fd in range(3, 1024):\n  try: os.fstat(fd); open_ones.append(fd)\n  except OSError: pass\n"
        "print('HELD' if open_ones == [3] else 'ESCAPED', open_ones)",
    ),
    Guest(
        "environment",
        "import os\nprint('HELD' if not {k for k in os.environ if k not in ('TMPDIR',)} else 'ESCAPED', dict(os.environ))",
    ),
    Guest(
        "files_of_other_runs",
        "import os\nprint('HELD' if os.listdir('.') == [] else 'ESCAPED', os.listdir('.'))\nopen('left-behind', 'w').write('x')",
    ),
]

NETWORK = [
    Guest("tcp_socket", refused("import socket\nsocket.create_connection(('127.0.0.1', {PORT}), 2)")),
    Guest("raw_socket", refused("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)")),
    Guest("packet_socket", refused("import socket\nsocket.socket(17, socket.SOCK_RAW, 3)")),
    Guest("unix_socket", refused("import socket\nsocket.socket(socket.AF_UNIX)")),
    Guest("abstract_socket", refused("import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0rlar')")),
    Guest("metadata_address", refused("import socket\nsocket.create_connection(('169.254.169.254', 80), 1)")),
    Guest("netlink", refused("import socket\nsocket.socket(16, socket.SOCK_RAW, 0)")),
    Guest("listen", refused("import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 0)); s.listen()")),
    Guest(
        "socketpair_stays_possible",
        "import asyncio\nasync def f(): return 1\nprint('HELD' if asyncio.run(f()) == 1 else '')",
    ),
]

GUESTS = EXHAUSTION + PROCESSES + KERNEL + FILES + NETWORK
