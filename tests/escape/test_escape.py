"""Every guest of guests.py at both levels, alone and in a container-like setting; then whatever it may have left behind."""

import json
import os
import pathlib
import socket
import subprocess
import time

import pytest
from guests import GUESTS

BINARY = os.environ["RLAR_BINARY"]
CONTAINER = str(pathlib.Path(BINARY).with_name("rlar_container"))
LEVELS = ("namespaces", "confined", "container")


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A secret, a listening port and a process of the host."""
    folder = tmp_path_factory.mktemp("host")
    secret = folder / "secret"
    secret.write_text("ESCAPED the secret")
    secret.chmod(0o600)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    process = subprocess.Popen(["sleep", "1000"])
    yield {
        "{SECRET}": str(secret),
        "{PORT}": str(listener.getsockname()[1]),
        "{PID}": str(process.pid),
        "{TMP}": str(folder),
    }
    assert process.poll() is None, "a guest killed a process of the host"
    process.kill()
    listener.close()


def doctor():
    report = json.loads(subprocess.run([BINARY, "doctor", "--json"], capture_output=True, text=True).stdout)
    return {check["name"]: check["ok"] for check in report["checks"]}


HOST = doctor()


def run(source, level, folder, options=()):
    file = folder / "guest.py"
    file.write_text(source)
    environment = {k: v for k, v in os.environ.items() if k != "RLAR_SANDBOX_LEVEL"}
    command = [BINARY, "run", str(file), *options]
    if level == "container":
        command = [CONTAINER, *command]  # it must find out by itself what is possible
    else:
        environment["RLAR_SANDBOX_LEVEL"] = level
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("guest", GUESTS, ids=lambda guest: guest.name)
def test_guest(guest, level, host, tmp_path):
    if not HOST["namespaces" if level == "namespaces" else "confined"]:
        pytest.skip(f"this host does not allow level {level}: `rlar doctor` says why")
    if guest.needs_group and level == "namespaces" and not HOST["control_group"]:
        pytest.skip("this host lends no control group")
    source = guest.source
    for name, value in host.items():
        source = source.replace(name, value)
    outcome, says = (guest.outcome, guest.says) if level == "namespaces" or guest.confined is None else guest.confined
    result = run(source, level, tmp_path, guest.limits)
    assert result["isolation"] == ("namespaces" if level == "namespaces" else "confined")
    assert result["outcome"] == outcome, result
    assert result["stdout"].startswith(says), result
    assert "ESCAPED" not in result["stdout"], result


def rlar_processes():
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"_rlar_guest" in command:
                found.add(entry.name)
    return found


@pytest.mark.parametrize("level", ("namespaces", "confined"))
def test_nothing_outlives_a_killed_supervisor(level, tmp_path):
    """`kill -9` in the middle of a run that sleeps: the run, its zygote and its helper end by themselves."""
    if not HOST[level]:
        pytest.skip(f"this host does not allow level {level}")
    before = rlar_processes()
    (tmp_path / "guest.py").write_text("import time\nwhile True: time.sleep(1)")
    process = subprocess.Popen(
        [BINARY, "run", str(tmp_path / "guest.py"), "--time-limit-s", "100"],
        env={**os.environ, "RLAR_SANDBOX_LEVEL": level},
    )
    deadline = time.monotonic() + 20
    while len(rlar_processes() - before) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.kill()
    process.wait()
    while rlar_processes() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert rlar_processes() - before == set()


BEFORE = rlar_processes()  # of others on this machine


def test_nothing_is_left_behind():
    assert rlar_processes() - BEFORE == set()
    assert [str(p) for p in pathlib.Path("/tmp").glob("rlar-alive*")] == []
