"""The zygote: warm, one run at a time, each in a fork that is sealed before it sees the run's code.

Control messages are packets; a run's job arrives on the run's own socket and is read after the fork, so that nothing of one
run stays in the memory that the next one is forked from.
"""

import atexit
import builtins
import gc
import io
import json
import os
import random
import resource
import select
import signal
import struct
import sys
import threading
import types

REQUEST = struct.Struct("<QQQIIIIq")  # memory, file and tmp bytes; cpu seconds, processes, flags, descriptors; fail_at
EXITED = struct.Struct("<4siiiqqq")  # b"EXIT", status, tasks made, 0, cpu µs, peak kB, 0
DATA_LIMIT, ROOM_FOR_FORKED = 1, 64 << 20
RUN, RPC = 3, 4  # descriptors in a run, beside 0, 1 and 2
FRAME_LIMIT = 64 << 20


def main(guest, control, config, folder, ruleset, statm, info):
    for name in config["preload"]:
        try:
            __import__(name)
        except ImportError:
            pass
    sys.path[:] = [path for path in sys.path if path]
    if config["level"] == "confined":
        os.environ["TMPDIR"] = folder
    zygote = Zygote(guest, control, config, folder, ruleset, statm)
    guest.fail_at(0)
    guest.send(control, json.dumps({"ready": True, **info}).encode(), -1)
    random.seed(0)
    gc.collect()
    gc.freeze()
    zygote.serve()


class Zygote:
    def __init__(self, guest, control, config, folder, ruleset, statm):
        self.guest, self.control, self.folder, self.ruleset, self.statm = guest, control, folder, ruleset, statm
        self.filter = bytes.fromhex(config["filter"])
        self.namespaces = config["level"] == "namespaces"
        self.tmp_bytes = config["tmp_bytes"]
        self.own = guest.pidfd_open(os.getpid()) if self.namespaces else -1
        self.cell = guest.make_cell(self.tmp_bytes) if self.namespaces else -1

    def serve(self):
        while True:
            data, fds = self.guest.receive(self.control, REQUEST.size, 8)
            if not data:
                os._exit(0)
            try:
                reply = self.run(REQUEST.unpack(data), fds)
            except OSError as error:
                reply = b"FAIL" + explain(error).encode()  # noqa: F821 (given by boot.py)
            self.guest.send(self.control, reply, -1)
            try:
                self.guest.fail_at(0)
                if self.namespaces and self.cell < 0:
                    self.cell = self.guest.make_cell(self.tmp_bytes)
            except OSError:
                pass  # tried again by the next run, which reports it

    def run(self, request, fds):
        guest = self.guest
        guest.fail_at(request[7])
        pid = -1
        try:
            if self.namespaces:
                if self.cell < 0 or request[2] != self.tmp_bytes:
                    self.tmp_bytes = request[2]
                    self.cell = -1
                    self.cell = guest.make_cell(self.tmp_bytes)
                guest.enter_pid_ns(self.cell)
            guest.step()
            pid = os.fork()
            if pid == 0:
                child(self, request, fds)
            pidfd = guest.pidfd_open(pid)
            guest.send(self.control, b"RUNS", pidfd)
        except BaseException:
            if pid == 0:
                os._exit(1)
            self.leave(pid, fds)
            raise
        for fd in fds:
            os.close(fd)
        self.wait(pidfd)
        os.close(pidfd)
        return self.finish(pid)

    def wait(self, pidfd):
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        poller.register(self.control, select.POLLRDHUP)
        while True:
            for fd, _ in poller.poll():
                if fd == pidfd:
                    return
                self.guest.close_cell()
                os._exit(0)  # nobody is left to hear the answer

    def finish(self, pid):
        _, status, usage = os.wait4(pid, 0)
        tasks = self.guest.count_pids() if self.namespaces and status != 0 else 0
        self.clean()
        cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
        return EXITED.pack(b"EXIT", status, tasks, 0, cpu, usage.ru_maxrss, 0)

    def leave(self, pid, fds):
        if pid > 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for fd in fds:
            os.close(fd)
        self.clean()

    def clean(self):
        """After it nothing of the run is left: no process, no file."""
        if self.namespaces:
            self.guest.fail_at(0)
            self.guest.close_cell()
            self.cell = -1
            self.guest.enter_pid_ns(self.own)
        else:
            clear_folder(self.folder)  # noqa: F821


def child(zygote, request, fds):
    """Never returns. The supervisor learns on the run's socket that the walls stand before any foreign code runs."""
    guest = zygote.guest
    memory, file_bytes, _, cpu, processes, flags, descriptors, _ = request
    try:
        used = int(os.pread(zygote.statm, 64, 0).split()[0]) * resource.getpagesize()
        limits = [(resource.RLIMIT_CPU, cpu), (resource.RLIMIT_FSIZE, file_bytes), (resource.RLIMIT_CORE, 0),
                  (resource.RLIMIT_NOFILE, descriptors), (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_MSGQUEUE, 0),
                  (resource.RLIMIT_SIGPENDING, 1024)]
        if flags & DATA_LIMIT:
            limits.append((resource.RLIMIT_DATA, memory))
        else:
            limits.append((resource.RLIMIT_AS, memory + used))
        if processes:
            limits.append((resource.RLIMIT_NPROC, processes))
        guest.harden(zygote.cell, "/tmp" if zygote.namespaces else zygote.folder, tuple(limits), zygote.filter, zygote.ruleset,
                     tuple(fds))
        with_rpc = len(fds) > RPC
        guest.put_frame(RUN, b"sealed")
    except BaseException as error:
        try:
            guest.put_frame(fds[RUN], explain(error).encode())  # noqa: F821
        finally:
            os._exit(1)
    try:
        job = json.loads(guest.get_frame(RUN, FRAME_LIMIT))
        MODES[job["mode"]](guest, job, with_rpc)
    finally:
        os._exit(1)


def fresh_streams():
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        raw = io.FileIO(fd, mode, closefd=False)
        buffered = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(buffered, "utf-8", errors="surrogateescape" if fd == 0 else "backslashreplace",
                                  line_buffering=fd == 2)
        setattr(sys, name, stream)
        setattr(sys, "__" + name + "__", stream)


def module_of(name, source):
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtins
    sys.modules[name] = module
    sys.argv = [name]
    return module.__dict__


def compile_first(sources, name):
    """The first of several ways to put the code together that compiles; else the error of the last."""
    for source in sources[:-1]:
        try:
            return compile(source, name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
    return compile(sources[-1], name, "exec", dont_inherit=True)


def note(guest, error):
    """Tells the supervisor which limit an exception came from. A guest that lies here only mislabels its own failure."""
    if isinstance(error, MemoryError):
        guest.put_frame(RUN, b"memory_limit")
    elif isinstance(error, OSError) and error.errno in (27, 28):
        guest.put_frame(RUN, b"file_limit")
    elif isinstance(error, OSError) and error.errno == 11:
        guest.put_frame(RUN, b"process_limit")


def run_script(guest, job, _):
    """A whole program: standard input and output, exit code as the interpreter would give it."""
    fresh_streams()
    code = 0
    try:
        exec(compile_first(job["sources"], "solution.py"), module_of("__main__", None))
        threading._shutdown()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        if code == 1 and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
    except BaseException as error:
        code = 1
        note(guest, error)
        del job
        import traceback

        traceback.print_exc()
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        note(guest, error)
        code = code or 120
    os._exit(code & 0xFF)


def run_program(guest, job, _):
    """Any installed program: the interpreter is replaced."""
    for name, content in job.get("files", {}).items():
        with open(name, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(content)
    if job.get("binary"):
        with open("program", "wb") as file:
            file.write(guest.get_frame(RUN, FRAME_LIMIT))
        os.chmod("program", 0o755)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.set_inheritable(0, True)
    os.close(RUN)
    here = os.getcwd()
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": here, "TMPDIR": here, "LC_ALL": "C.UTF-8"}
    try:
        os.execve(job["argv"][0], job["argv"], environment)
    except OSError as error:
        os.write(2, f"cannot run {job['argv'][0]}: {error.strerror}\n".encode())
        os._exit(127)


def run_build(guest, job, rpc):
    """A compiler, then what it made goes back as a frame."""
    import subprocess

    for name, content in job["files"].items():
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.write(content)
    here = os.getcwd()
    environment = {"PATH": "/usr/bin:/bin", "HOME": here, "TMPDIR": here, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(job["argv"], env=environment, stdin=subprocess.DEVNULL, close_fds=True)
    if done.returncode == 0:
        with open(job["result"], "rb") as file:
            guest.put_frame(RUN, b"binary" + file.read())
    os._exit(done.returncode & 0xFF)


MODES = {"script": run_script, "program": run_program, "build": run_build}
