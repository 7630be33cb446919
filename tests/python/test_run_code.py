"""SandboxFusion's /run_code, by the shapes its clients send and read."""

import base64
import concurrent.futures

import pytest
from support import run, serve


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    library = tmp_path_factory.mktemp("code") / "lib"
    run("route", "set", "code", "code_tests", "--library", library)
    with serve("--library", library) as running:
        yield running


def body(code, language="python", **more):
    """What SandboxFusion's clients (verl's among them) post."""
    return {
        "compile_timeout": 10, "run_timeout": 5, "code": code, "stdin": None, "memory_limit_MB": 256,
        "language": language, "files": {}, "fetch_files": [], **more,
    }  # fmt: skip


def ask(server, *args, **more):
    status, reply, _ = server.request("/run_code", body(*args, **more))
    assert status == 200, reply
    assert reply.keys() >= {"status", "message", "compile_result", "run_result", "executor_pod_name", "files"}
    return reply


def test_a_program_that_ends_well(server):
    reply = ask(server, "print(int(input()) * 2)", stdin="21")
    result = reply["run_result"]
    assert reply["status"] == "Success" and reply["compile_result"] is None
    assert (result["status"], result["return_code"], result["stdout"], result["stderr"]) == ("Finished", 0, "42\n", "")
    assert 0 < result["execution_time"] < 5


def test_a_program_that_fails(server):
    reply = ask(server, "import sys\nprint('so far')\nsys.exit(3)")
    assert (reply["status"], reply["run_result"]["status"], reply["run_result"]["return_code"]) == (
        "Failed",
        "Finished",
        3,
    )
    assert reply["run_result"]["stdout"] == "so far\n"
    reply = ask(server, "1 / 0")
    assert reply["status"] == "Failed" and reply["run_result"]["return_code"] == 1
    assert "ZeroDivisionError" in reply["run_result"]["stderr"]


def test_a_program_that_does_not_end(server):
    reply = ask(server, "while True: pass", run_timeout=1)
    assert reply["status"] == "Failed"
    assert reply["run_result"]["status"] == "TimeLimitExceeded" and reply["run_result"]["return_code"] is None


def test_compiled_programs(server):
    good = "#include <iostream>\nint main() { int x; std::cin >> x; std::cout << x + 1; }"
    reply = ask(server, good, "cpp", stdin="1")
    assert reply["status"] == "Success" and reply["run_result"]["stdout"] == "2"
    assert (reply["compile_result"]["status"], reply["compile_result"]["return_code"]) == ("Finished", 0)
    reply = ask(server, "int main() { return x; }", "cpp")
    assert reply["status"] == "Failed" and reply["run_result"] is None
    assert reply["compile_result"]["return_code"] != 0 and "x" in reply["compile_result"]["stderr"]


def test_files_and_languages(server):
    text = base64.b64encode(b"from a file").decode()
    assert (
        ask(server, "print(open('data.txt').read())", files={"data.txt": text})["run_result"]["stdout"]
        == "from a file\n"
    )
    assert ask(server, "console.log(1 + 1)", "nodejs")["run_result"]["stdout"] == "2\n"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"code": 3}, "'code'"),
        ({"language": None}, "'language'"),
        ({"language": "cobol"}, "cobol"),
        ({"fetch_files": ["a"]}, "fetch_files"),
    ],
)
def test_what_is_not_served_is_an_error_that_says_so(server, changed, says):
    status, reply, _ = server.request("/run_code", {**body("print(1)"), **changed})
    assert status == 400 and says in reply["error"]["message"]


def test_many_at_once(server):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda i: ask(server, f"print({i})"), range(48)))
    assert [reply["run_result"]["stdout"] for reply in replies] == [f"{i}\n" for i in range(48)]
