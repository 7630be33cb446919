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
import types

REQUEST = struct.Struct("<QQIIII")  # memory, file bytes; cpu seconds, processes, flags, descriptors
EXITED = struct.Struct("<4siiiqqq")  # b"EXIT", status, tasks made, 0, cpu µs, peak kB, 0
DATA_LIMIT, STARTS_PROCESSES = 1, 2  # flags
RUN, RPC = 3, 4  # descriptors in a run, beside 0, 1 and 2
FRAME_LIMIT = 64 << 20


def main(guest, control, config, folder, ruleset, statm, info):
    preload(config["preload"])  # noqa: F821 (plain.py comes before this in one source)
    if config["level"] == "confined":
        os.environ["TMPDIR"] = folder
    zygote = Zygote(guest, control, config, folder, ruleset, statm)
    guest.fail_at(config.get("run_fail_at", 0))
    guest.send(control, json.dumps({"ready": True, **info}).encode(), ())
    gc.collect()
    gc.freeze()
    zygote.serve()


class Zygote:
    """Keeps one child ready: forked, walled in, waiting on its inbox for what to run. The supervisor holds the inbox's other end."""

    def __init__(self, guest, control, config, folder, ruleset, statm):
        self.guest, self.control, self.folder, self.ruleset = guest, control, folder, ruleset
        self.filter, self.build_filter = bytes.fromhex(config["filter"]), bytes.fromhex(config["build_filter"])
        self.namespaces = config["level"] == "namespaces"
        self.tmp_bytes = config["tmp_bytes"]
        self.used = int(os.pread(statm, 64, 0).split()[0]) * resource.getpagesize()
        os.close(statm)
        self.own = guest.pidfd_open(os.getpid()) if self.namespaces else -1
        self.cell = -1
        # Counted per user: that says something about this sandbox only where the user is its own.
        self.counts_processes = self.namespaces or os.getuid() == config["uid"]
        if not self.namespaces:
            guest.adopt_orphans()

    def serve(self):
        while True:
            try:
                pid, pidfd, inbox = self.spare()
                self.guest.send(self.control, b"SPARE", (pidfd, inbox))
                os.close(inbox)
            except OSError as error:
                self.guest.send(self.control, b"FAIL" + explain(error).encode(), ())  # noqa: F821 (given by boot.py)
                os._exit(1)
            self.wait(pidfd)
            os.close(pidfd)
            self.guest.send(self.control, self.finish(pid), ())

    def spare(self):
        guest = self.guest
        if self.namespaces:
            self.cell = guest.make_cell(self.tmp_bytes)
            guest.enter_pid_ns(self.cell)
        guest.step()
        inbox, ours = guest.socket_pair()
        pid = guest.bare_fork()
        if pid == 0:
            child(self, ours)
        os.close(ours)
        return pid, guest.pidfd_open(pid), inbox

    def wait(self, pidfd):
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        poller.register(self.control, select.POLLRDHUP)
        while True:
            for fd, _ in poller.poll():
                if fd == pidfd:
                    return
                os._exit(0)  # nobody is left to hear the answer; what this process started ends with it

    def finish(self, pid):
        """After it nothing of the run is left: no process, no file."""
        _, status, usage = os.wait4(pid, 0)
        tasks = 0
        if self.namespaces:
            tasks = self.guest.count_pids() if status != 0 else 0
            self.guest.close_cell()
            self.guest.enter_pid_ns(self.own)
        else:
            self.end_orphans()
            clear_folder(self.folder)  # noqa: F821
        cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
        return EXITED.pack(b"EXIT", status, tasks, 0, cpu, usage.ru_maxrss, 0)

    def end_orphans(self):
        """Without a pid namespace: what a build left behind has this process as its parent by now."""
        children = f"/proc/self/task/{os.getpid()}/children"
        while True:
            try:
                with open(children) as file:
                    left = file.read().split()
            except (
                FileNotFoundError
            ):  # a kernel without that file: only builds start processes here, and they end by their limits
                return
            if not left:
                return
            for pid in map(int, left):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def child(zygote, inbox):
    """Never returns. Walls first; then it waits for a job; limits and the filter are last. The supervisor learns on the run's socket
    that all stands before any foreign code runs."""
    guest = zygote.guest
    fds = ()
    try:
        guest.wall_in(zygote.cell, "/tmp" if zygote.namespaces else zygote.folder, zygote.ruleset, inbox)
        warm_up(guest)
        data, fds = guest.receive(inbox, REQUEST.size, 8)
        if not data:
            os._exit(0)
        memory, file_bytes, cpu, processes, flags, descriptors = REQUEST.unpack(data)
        limits = [
            (resource.RLIMIT_CPU, cpu),
            (resource.RLIMIT_FSIZE, file_bytes),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, descriptors),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_MSGQUEUE, 0),
            (resource.RLIMIT_SIGPENDING, 1024),
            (resource.RLIMIT_DATA, memory) if flags & DATA_LIMIT else (resource.RLIMIT_AS, memory + zygote.used),
        ]
        if zygote.counts_processes:
            limits.append((resource.RLIMIT_NPROC, processes))
        guest.seal(tuple(limits), zygote.build_filter if flags & STARTS_PROCESSES else zygote.filter, fds)
        guest.put_frame(RUN, b"sealed")
    except BaseException as error:
        try:
            if fds:
                guest.put_frame(fds[RUN], explain(error).encode())  # noqa: F821
            else:
                guest.send(inbox, explain(error).encode(), ())  # noqa: F821
        finally:
            os._exit(1)
    try:
        job = json.loads(guest.get_frame(RUN, FRAME_LIMIT))
        write_files(job)
        MODES[job["mode"]](guest, job, len(fds) > RPC)
    finally:
        os._exit(1)


def write_files(job):
    for name, content in job.get("files", {}).items():
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.write(content)
    for name, content in job.get("attached", {}).items():
        import base64

        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(base64.b64decode(content))


def warm_up(guest):
    """What every run does, done once before the job is known: the memory it touches is this process's own by then."""
    random.seed(0)
    names = {}
    exec(compile("def warm(a, b=1):\n    return [a, {b: str(a)}]\n", "warm.py", "exec"), names)
    guest.decode(guest.encode(("ok", names["warm"](1), [(0, "x")]), pack), unpack)  # noqa: F821
    json.loads('{"mode": "functions", "sources": ["x = 1\\n"], "n": [1, 2.5, null]}')


def fresh_streams():
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        raw = io.FileIO(fd, mode, closefd=False)
        buffered = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(
            buffered, "utf-8", errors="surrogateescape" if fd == 0 else "backslashreplace", line_buffering=fd == 2
        )
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
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        if code == 1 and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
    except BaseException as error:
        code = 1
        note(guest, error)
        import traceback

        error.__traceback__ = error.__traceback__.tb_next  # without the frame of ours
        traceback.print_exception(type(error), error, error.__traceback__)
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

    here = os.getcwd()
    environment = {"PATH": "/usr/bin:/bin", "HOME": here, "TMPDIR": here, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(job["argv"], env=environment, stdin=subprocess.DEVNULL, close_fds=True)
    if done.returncode == 0:
        with open(job["result"], "rb") as file:
            guest.put_frame(RUN, b"binary" + file.read())
    os._exit(done.returncode & 0xFF)


MODES = {"script": run_script, "program": run_program, "build": run_build}
