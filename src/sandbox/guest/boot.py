"""Makes a fresh interpreter a sandboxed one, from top to bottom, then hands over to guest.py or harness.py.

Two processes: the outer one maps the user, makes the control group and cleans up after the inner one, which does everything else.
Whatever cannot be set up ends both with the name of the step; nothing is skipped.
"""

import json
import os
import shutil
import stat
import sys

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000,
    0x2000000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
RDONLY, NOSUID, NODEV, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
NICE = 10  # the server that watches the runs, and answers others, comes first
INNER_ID = 1000  # the only user and group that exist inside
DEVICES = ("null", "zero", "full", "random", "urandom")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# Landlock's rights (linux/landlock.h): reading and running below system folders; everything in the run's own folder.
LL_EXECUTE, LL_WRITE, LL_READ, LL_READ_DIR = 1, 2, 4, 8
LL_ALL_V1, LL_REFER, LL_TRUNCATE = (1 << 13) - 1, 1 << 13, 1 << 14
LL_MAKE_SPECIAL = (1 << 6) | (1 << 9) | (1 << 11)  # character devices, sockets, block devices


def write(guest, path, text):
    guest.step()
    with open(path, "w") as file:
        file.write(text)


class ControlGroups:
    """A memory and process group of this sandbox's own, in v2 or v1; none where the host lends none."""

    def __init__(self, guest, config):
        self.folders, self.kind, self.memory = [], "none", ""
        if not config["cgroups"]:
            return
        name = f"rlar-{os.getpid()}"
        for kind, parents in self.candidates():
            try:
                self.make(guest, kind, parents, name, config)
                return
            except OSError as error:
                self.remove()
                self.folders, self.kind, self.memory = [], "none", ""
                if error.args and error.args[-1] == "injected fault":
                    raise

    @staticmethod
    def candidates():
        own = {}
        with open("/proc/self/cgroup") as file:
            for line in file:
                number, controllers, path = line.rstrip("\n").split(":", 2)
                for controller in controllers.split(","):
                    own[controller] = path
        if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            yield "v2", {"": "/sys/fs/cgroup" + own.get("", "/").rstrip("/")}
        if "memory" in own and "pids" in own:
            yield "v1", {c: f"/sys/fs/cgroup/{c}" + own[c].rstrip("/") for c in ("memory", "pids")}

    def make(self, guest, kind, parents, name, config):
        for controller, parent in parents.items():
            for stale in os.listdir(parent):
                if stale.startswith("rlar-") and not os.path.exists("/proc/" + stale[5:]):
                    os.rmdir(os.path.join(parent, stale))
            folder = os.path.join(parent, name)
            guest.step()
            os.mkdir(folder)
            self.folders.append(folder)
            files = (
                {"memory.max": config["memory"], "memory.swap.max": 0, "pids.max": config["pids"]}
                if kind == "v2"
                else {"memory.limit_in_bytes": config["memory"]}
                if controller == "memory"
                else {"pids.max": config["pids"]}
            )
            for file, value in files.items():
                if os.path.exists(os.path.join(folder, file)) or file != "memory.swap.max":
                    write(guest, os.path.join(folder, file), str(value))
            if controller != "pids":
                self.memory = folder
        self.kind = kind

    def join(self, guest, pid):
        for folder in self.folders:
            write(guest, os.path.join(folder, "cgroup.procs"), str(pid))

    def remove(self):
        for folder in self.folders:
            for _ in range(200):  # the kernel lets go of a dead process's group a moment later
                try:
                    os.rmdir(folder)
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    os.sched_yield()
                    __import__("time").sleep(0.005)


def map_user(guest, pid, config):
    outer_uid, outer_gid = (config["uid"], config["uid"]) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    write(guest, f"/proc/{pid}/setgroups", "deny")
    write(guest, f"/proc/{pid}/gid_map", f"{INNER_ID} {outer_gid} 1")
    write(guest, f"/proc/{pid}/uid_map", f"{INNER_ID} {outer_uid} 1")


def interpreter_folders():
    """Folders beyond the system's that this interpreter needs, outermost first."""
    wanted = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.path.realpath(sys.executable))}
    wanted |= {path for path in sys.path if path and os.path.isdir(path)}
    kept = []
    for path in sorted(os.path.realpath(p) for p in wanted):
        if not any(path == known or path.startswith(known + "/") for known in [*SYSTEM, *kept]) and path != "/":
            kept.append(path)
    return kept


def build_root(guest, config):
    """A new root of read-only binds; the old one is detached. /tmp is where each cell mounts its own."""
    root = "/tmp"
    folders = interpreter_folders()
    links = {path: os.readlink(path) for path in SYSTEM if os.path.islink(path)}
    guest.mount(None, "/", None, REC | PRIVATE, None)
    held = {path: os.open(path, os.O_PATH) for path in folders if path == root or path.startswith(root + "/")}
    guest.mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "size=2m,mode=755")
    for path in SYSTEM:
        if path in links:
            os.symlink(links[path], root + path)
        elif os.path.isdir(path):
            os.mkdir(root + path)
            guest.bind(path, root + path, False)
    for path in folders:
        os.makedirs(root + path, exist_ok=True)
        guest.bind(f"/proc/self/fd/{held[path]}" if path in held else path, root + path, False)
    for fd in held.values():
        os.close(fd)
    os.mkdir(root + "/etc")
    for name in ("ld.so.cache", "alternatives"):
        source, target = "/etc/" + name, root + "/etc/" + name
        if os.path.isdir(source):
            os.mkdir(target)
        elif os.path.exists(source):
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        else:
            continue
        guest.bind(source, target, False)
    os.mkdir(root + "/dev")
    for name in DEVICES:
        os.close(os.open(f"{root}/dev/{name}", os.O_CREAT | os.O_WRONLY))
        guest.bind("/dev/" + name, f"{root}/dev/{name}", True)
    if not os.path.isdir(root + "/tmp"):
        os.mkdir(root + "/tmp")
    guest.pivot(root)
    guest.mount(None, "/", None, REMOUNT | BIND | RDONLY | NOSUID | NODEV, None)
    if config["role"] == "harness":
        guest.mount("tmpfs", "/tmp", "tmpfs", NOSUID | NODEV, "size=16m,mode=1777")


def ruleset(guest, level, folder):
    """Landlock: in namespaces a second wall, in `confined` the one that guards the file system. -1 where it may be missing."""
    abi = guest.landlock_abi()
    if abi == 0:
        if level == "confined":
            raise OSError(0, "Landlock, without which nothing guards the files at level confined")
        return -1
    net, scoped = (3 if abi >= 4 else 0), (3 if abi >= 6 else 0)
    if level == "namespaces":
        return guest.landlock_ruleset(LL_MAKE_SPECIAL, net, scoped, [])
    every = LL_ALL_V1 | (LL_REFER if abi >= 2 else 0) | (LL_TRUNCATE if abi >= 3 else 0)
    truncate = every & LL_TRUNCATE
    rules = [
        (path, LL_EXECUTE | LL_READ | LL_READ_DIR)
        for path in [*SYSTEM, *interpreter_folders()]
        if os.path.isdir(path) and not os.path.islink(path)
    ]
    rules += [("/etc/ld.so.cache", LL_READ), ("/etc/alternatives", LL_READ | LL_READ_DIR)]
    rules += [("/dev/" + name, LL_READ | LL_WRITE | truncate) for name in DEVICES]
    rules.append((folder, every & ~LL_MAKE_SPECIAL))
    return guest.landlock_ruleset(every, net, scoped, rules)


def unprivileged(guest, config, folder):
    """At level confined as root: a user that owns nothing else, where it can still read the interpreter."""
    if os.geteuid() != 0:
        return
    os.setegid(config["uid"])
    os.seteuid(config["uid"])
    readable = all(os.access(p, os.R_OK | os.X_OK, effective_ids=True) for p in sys.path if p and os.path.isdir(p))
    os.seteuid(0)
    os.setegid(0)
    if readable:
        os.chown(folder, config["uid"], config["uid"])
        os.setgroups([])
        guest.step()
        os.setresgid(*[config["uid"]] * 3)
        os.setresuid(*[config["uid"]] * 3)


def outer(guest, control, pid, go, groups, config, folder):
    """Waits for the inner process and cleans up. Never returns."""
    code = 1
    try:
        if config["level"] == "namespaces":
            map_user(guest, pid, config)
        groups.join(guest, pid)
        os.write(go, b"1")
    except BaseException as error:
        guest.send(control, json.dumps({"error": explain(error)}).encode(), ())
    os.close(go)
    os.close(control)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    groups.remove()
    if folder:
        clear_folder(folder)
        os.rmdir(folder)
    os._exit(code if 0 <= code < 256 else 1)


def clear_folder(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if stat.S_ISDIR(os.lstat(path).st_mode):
            os.chmod(path, 0o700)
            shutil.rmtree(path, onerror=retry_unlocked)
        else:
            os.unlink(path)


def retry_unlocked(function, path, _):
    os.chmod(os.path.dirname(path), 0o700)
    function(path)


def explain(error):
    if isinstance(error, OSError) and error.errno:
        return f"{error.args[-1] if len(error.args) > 1 else error}: {os.strerror(error.errno)}"
    return f"{type(error).__name__}: {error}"


def isolate(guest, control, config):
    """Returns in the inner process: (folder of a run, Landlock's ruleset, what the control group is)."""
    groups = ControlGroups(guest, config)
    confined = config["level"] == "confined"
    folder = ""
    if confined:
        import tempfile

        guest.step()
        folder = tempfile.mkdtemp(prefix="rlar-")
    arrived, go = os.pipe()
    try:
        guest.step()
        pid = (
            os.fork() if confined else guest.clone_fork(NEWUSER | NEWNS | NEWNET | NEWIPC | NEWUTS | NEWCGROUP | NEWPID)
        )
    except OSError:
        groups.remove()
        if folder:
            os.rmdir(folder)
        raise
    if pid:
        os.close(arrived)
        outer(guest, control, pid, go, groups, config, folder)
    guest.die_with_parent()
    os.close(go)
    if os.read(arrived, 1) != b"1":
        os._exit(1)
    os.close(arrived)
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    if confined:
        unprivileged(guest, config, folder)
    else:
        guest.become(INNER_ID, INNER_ID)
        build_root(guest, config)
    guest.die_with_parent()  # a change of user clears it
    rules = ruleset(guest, config["level"], folder)
    os.environ.clear()
    os.chdir(folder or "/tmp")
    guest.lock_down(not confined and config["role"] == "guest")
    return folder or "/tmp", rules, statm, {"cgroup": groups.kind, "memory_group": groups.memory, "folder": folder}


def main(guest, control):
    config = json.loads(guest.receive(control, 1 << 20, 0)[0])
    guest.fail_at(config.get("fail_at", 0))
    os.nice(NICE)  # guests inherit it, and their filter keeps them from changing it
    try:
        place = isolate(guest, control, config)
        scope = {"__name__": config["role"], "clear_folder": clear_folder, "explain": explain}
        exec(compile(config["source"], config["role"] + ".py", "exec"), scope)
        scope["main"](guest, control, config, *place)
    except BaseException as error:
        guest.send(control, json.dumps({"error": explain(error)}).encode(), ())
    os._exit(1)
