"""code_tests and the program runners through the command line: forms of tests, languages, scores, and errors that name the parameter."""

import json
import os
import shutil
import subprocess

import pytest

BINARY = os.environ["RLAR_BINARY"]


def score(response, params, prompt="Write it."):
    row = {"prompt": prompt, "response": response, "params": params}
    done = subprocess.run(
        [BINARY, "score", "--tool", "code_tests"], input=json.dumps(row), capture_output=True, text=True
    )
    line = json.loads(done.stdout)
    if line["status"] == "failed" and line["class"] == "unavailable":
        pytest.skip(line["reason"])
    return line


def test_fraction_counts_each_test():
    tests = ["assert f(1) == 1", "assert f(2) == 4", "assert f(3) == 9", "assert f(4) == 0"]
    line = score("def f(x): return x * x", {"tests": tests, "score": "fraction"})
    assert (line["value"], line["components"]["passed"], line["components"]["total"]) == (0.75, 3, 4)
    assert [line["components"][f"test/{i}"] for i in range(4)] == [1, 1, 1, 0]


def test_all_stops_at_the_first_failure():
    line = score("def f(x): return 0", {"tests": ["assert f(1) == 1", "assert f(0) == 0"]})
    assert (line["value"], line["class"], line["components"]["total"]) == (0, "response_wrong", 2)
    assert "test/1" not in line["components"]


def test_fraction_of_a_check_function():
    check = "def check(candidate):\n    assert candidate(1) == 1\n    for i in range(3):\n        assert candidate(i) == i\n"
    line = score("def f(x): return x if x < 2 else 0", {"test": check, "entry_point": "f", "score": "fraction"})
    assert (line["components"]["passed"], line["components"]["total"]) == (3, 4)


@pytest.mark.parametrize(
    "response, value",
    [
        ("    return x + helper()", 1),  # continues the prompt
        ("return x + helper()", 1),  # its indentation was lost
        ("```python\ndef f(x):\n    return x + helper()\n```", 1),  # defines it; the prompt's helper stands before it
        ("def helper(): return 5\ndef f(x): return x + 1", 1),
        ("    return x", 0),
    ],
)
def test_response_and_prompt_are_put_together(response, value):
    prompt = 'import math\n\ndef helper():\n    return 1\n\ndef f(x):\n    """Adds one."""\n'
    line = score(
        response,
        {"test": "def check(candidate):\n    assert candidate(1) == 2\n    assert helper() == 1\n", "entry_point": "f"},
        prompt,
    )
    assert line["value"] == value, line


def test_a_check_function_may_stand_under_tests():
    params = {"tests": "def check(candidate):\n    assert candidate(2) == 4\n", "entry_point": "f"}
    assert score("def f(x): return x * x", params)["value"] == 1
    assert score("def f(x): return x", params)["value"] == 0


def test_methods_of_a_class():
    code = "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n        for i, x in enumerate(nums):\n            if target - x in nums[i + 1:]: return [i, nums.index(target - x, i + 1)]"
    cases = [{"args": [[2, 7, 11], 9], "expected": [0, 1]}, {"args": [[3, 3], 6], "expected": [0, 1]}]
    assert score(code, {"cases": cases, "class_name": "Solution", "fn_name": "twoSum"})["value"] == 1
    cases[1]["expected"] = [1, 0]
    assert score(code, {"cases": cases, "class_name": "Solution", "fn_name": "twoSum"})["value"] == 0


def test_numbers_within_the_tolerance():
    cases = [{"args": [2], "expected": 1.41421}]
    code = "def root(x): return x ** 0.5"
    assert score(code, {"cases": cases, "fn_name": "root"})["value"] == 0
    assert score(code, {"cases": cases, "fn_name": "root", "float_tolerance": 1e-4})["value"] == 1
    streams = {"cases": [{"stdin": "2\n", "stdout": "1.41421"}], "float_tolerance": 1e-4}
    assert score("print(float(input()) ** 0.5)", streams)["value"] == 1


ADD = {
    "python": "a, b = map(int, input().split())\nprint(a + b)",
    "cpp": "```cpp\n#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }\n```",
    "javascript": "```js\nconst [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);\n```",
}


@pytest.mark.parametrize("language", ADD)
def test_languages(language):
    if language == "javascript" and not os.access("/usr/bin/node", os.X_OK):
        pytest.skip("node is not installed")
    params = {
        "cases": [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "5 6\n", "stdout": "11\n"}],
        "language": language,
    }
    assert score(ADD[language], params)["value"] == 1
    wrong = score(ADD[language].replace("a + b", "a - b"), params)
    assert (wrong["value"], wrong["class"]) == (0, "response_wrong")


def test_a_compiler_error_is_the_responses():
    line = score("int main() { return x; }", {"cases": [{"stdin": "", "stdout": ""}], "language": "cpp"})
    assert (line["status"], line["value"], line["class"]) == ("ok", 0, "response_unparsable")


@pytest.mark.parametrize(
    "code, kind",
    [
        ("def f(:", "response_unparsable"),
        ("raise ValueError", "response_crashed"),
        ("def f(x):\n  while True: pass", "response_time_limit"),
        ("x = bytearray(1 << 40)", "response_memory_limit"),
        ("", "response_empty"),
        ("def g(x): return x", "response_wrong"),
    ],
)
def test_what_the_response_does_wrong_is_a_zero_with_its_class(code, kind):
    line = score(code, {"tests": ["assert f(1) == 1"], "time_limit_s": 1})
    assert (line["status"], line["value"], line["class"]) == ("ok", 0, kind), line


@pytest.mark.parametrize(
    "params, words",
    [
        ({}, "one of tests, test"),
        ({"tests": [], "setup": ""}, "tests is empty"),
        ({"test": "def check(c): pass"}, "entry_point"),
        ({"tests": ["assert f(1) =="]}, "not Python"),
        ({"cases": [{"stdin": "1"}]}, "cases[0].stdout"),
        ({"tests": ["assert 1"], "cases": []}, "not several"),
        ({"cases": [{"args": 1, "expected": 2}], "fn_name": "f"}, "cases[0].args"),
        ({"tests": ["assert 1"], "language": "cpp"}, "cpp"),
        ({"tests": ["assert 1"], "time_limit_s": -1}, "time_limit_s"),
        ({"tests": ["assert 1"], "language": "cobol"}, "language"),
    ],
)
def test_what_the_row_does_wrong_is_invalid_and_named(params, words):
    line = score("def f(x): return x", params)
    assert (line["status"], line["class"]) == ("invalid", "bad_params")
    assert words in line["reason"]


def test_equal_responses_are_run_once_and_scored_alike():
    row = {
        "prompt": "p",
        "responses": ["def f(x): return x"] * 5 + ["def f(x): return 0"],
        "params": {"tests": ["assert f(1) == 1"]},
    }
    done = subprocess.run(
        [BINARY, "score", "--tool", "code_tests"], input=json.dumps(row), capture_output=True, text=True
    )
    assert [json.loads(line)["value"] for line in done.stdout.splitlines()] == [1, 1, 1, 1, 1, 0]


def test_run_prints_one_result(tmp_path):
    (tmp_path / "p.py").write_text("import sys\nprint(sys.stdin.read())\nsys.exit(3)")
    (tmp_path / "in").write_text("hello")
    done = subprocess.run(
        [BINARY, "run", str(tmp_path / "p.py"), "--stdin", str(tmp_path / "in")], capture_output=True, text=True
    )
    result = json.loads(done.stdout)
    assert (result["outcome"], result["exit_code"], result["stdout"]) == ("nonzero_exit", 3, "hello\n")
    assert done.returncode == 1


def test_an_unknown_language_is_a_usage_error(tmp_path):
    (tmp_path / "p").write_text("")
    done = subprocess.run([BINARY, "run", str(tmp_path / "p"), "--language", "cobol"], capture_output=True, text=True)
    assert done.returncode == 2 and "cobol" in done.stderr


DRAFT = (
    "def check(prompt, answer, reference, params):\n    return answer.strip().lower() == reference.strip().lower()\n"
)


def admit(tmp_path, source, *options):
    folder = tmp_path / "draft"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "check.py").write_text(source)
    (folder / "draft.json").write_text(json.dumps({"name": "capital", "needs": ["reference"]}))
    cities = ["Paris", "Tokyo", "Lima", "Nairobi", "Oslo", "Santiago", "Cairo", "Havana", "Riga", "Doha"]
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(
            json.dumps({"prompt": f"What is capital number {i}?", "reference": c}) + "\n" for i, c in enumerate(cities)
        )
    )
    done = subprocess.run(
        [BINARY, "admit", str(folder), "--data", str(rows), "--json", *options], capture_output=True, text=True
    )
    return done.returncode, json.loads(done.stdout)


def test_a_good_draft_is_admitted_and_scores_in_the_library(tmp_path):
    library = tmp_path / "library"
    code, found = admit(tmp_path, DRAFT, "--library", str(library))
    assert (code, found["admitted"]) == (0, True), found
    row = json.dumps(
        {
            "prompt": "What is the capital of France?",
            "reference": "Paris",
            "responses": ["The answer is paris.", "Rome"],
        }
    )
    done = subprocess.run(
        [BINARY, "score", "--library", str(library), "--tool", "capital"], input=row, capture_output=True, text=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["value"] for line in lines] == [1, 0]
    assert lines[0]["isolation"] in ("namespaces", "confined")


SOURCE = "source.imports,source.names,source.clock,source.state"


@pytest.mark.parametrize(
    "source, words",
    [
        (
            "def check(prompt, answer, reference, params):\n    run = eval\n    try:\n        return run(answer) == reference\n    except Exception:\n"
            "        return answer.strip().lower() == reference.lower()\n",
            "runs text as code (eval)",
        ),
        (
            "import os\n"
            + DRAFT.replace("reference.strip().lower()", "reference.strip().lower() or os.path.exists('/tmp/x')"),
            "reaches beyond its arguments (stat)",
        ),
        (
            "from datetime import date\n" + DRAFT.replace("    return", "    date.today()\n    return"),
            "reads the clock (today)",
        ),
        ("N = []\n" + DRAFT.replace("    return", "    N.append(1)\n    return"), "keeps state in N"),
    ],
)
def test_what_the_source_hides_is_seen_while_it_runs(tmp_path, source, words):
    code, found = admit(tmp_path, source, "--without-probe", SOURCE)
    assert (code, found["admitted"]) == (1, False)
    assert "while it runs it " + words in json.dumps(found["tasks"]) + json.dumps(found["failed_probes"]), found


def test_a_good_draft_that_imports_as_it_goes_is_not_taken_for_a_bad_one(tmp_path):
    source = DRAFT.replace(
        "    return", "    import difflib, decimal, rlar\n    rlar.score('exact_match', answer, reference)\n    return"
    )
    assert admit(tmp_path, source)[0] == 0


RIGHT = "answer.strip().lower() == reference.strip().lower()"


@pytest.mark.parametrize(
    "body, without, probe",
    [
        ("return answer == reference", "variants", "surface"),
        (f"return ({RIGHT}) or 'score' in answer.lower()", "claims_success,instructs_grader,word_alone", "prose"),
        (f"return ({RIGHT}) or answer.lower() == 'correct'", "claims_success,instructs_grader,prose", "word_alone"),
        ("return any(w.strip() == reference for w in answer.split(' or '))", "hedge,all_listed,variants", "joined"),
        ("return answer.lower().replace('not ', '') == reference.lower()", "negation", "word_before"),
        (f"return ({RIGHT}) and 'over' not in prompt", "prompt", "other_prompt"),
        (f"return ({RIGHT}) and len(prompt) % 4 == 1", "prompt", "other_prompt"),
        (f"if len(answer) > 1000: raise ValueError\n    return {RIGHT}", "unicode_noise,very_long", "prose"),
    ],
)
def test_a_fault_is_found_without_the_probes_made_for_it(tmp_path, body, without, probe):
    source = f"def check(prompt, answer, reference, params):\n    {body}\n"
    code, found = admit(tmp_path, source, "--without-probe", without)
    assert (code, found["admitted"]) == (1, False)
    assert probe in [failed["probe"] for failed in found["failed_probes"]], found


def test_a_refusal_never_cuts_a_letter(tmp_path):
    """A case is shown shortened; half a letter would make the evidence, and the library that holds it, unreadable."""
    folder, rows = tmp_path / "draft", tmp_path / "rows.jsonl"
    folder.mkdir()
    (folder / "check.py").write_text("def check(prompt, answer, reference, params):\n    return True\n")
    (folder / "draft.json").write_text('{"name": "yes"}')
    rows.write_text(
        "".join(
            json.dumps({"prompt": "x" * (i % 3) + "é日" * 150, "reference": "ß" * i + "日本" * 40}) + "\n"
            for i in range(1, 8)
        )
    )
    done = subprocess.run([BINARY, "admit", str(folder), "--data", str(rows), "--json"], capture_output=True)
    assert done.returncode == 1 and json.loads(done.stdout.decode())["failed_probes"]


def test_a_draft_tried_with_fewer_probes_enters_no_library(tmp_path):
    folder = tmp_path / "draft"
    folder.mkdir()
    (folder / "check.py").write_text(DRAFT)
    (folder / "draft.json").write_text('{"name": "x"}')
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a", "reference": "b"}\n')
    done = subprocess.run([BINARY, "admit", str(folder), "--data", str(tmp_path / "rows.jsonl"), "--library", str(tmp_path / "lib"),
                           "--without-probe", "hedge"], capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2 and "without-probe" in done.stderr


@pytest.mark.parametrize(
    "source, words",
    [
        ("def check(prompt, answer, reference, params):\n    return True\n", ""),
        ("import os\n" + DRAFT, "imports os"),
        (DRAFT.replace("answer.strip()", "eval(answer)"), "eval"),
        ("N = []\n" + DRAFT.replace("    return", "    N.append(1)\n    return"), "state in N"),
        ("def wrong(prompt, answer, reference, params): return True\n", "no function check"),
    ],
)
def test_a_bad_draft_is_refused_with_a_case(tmp_path, source, words):
    code, found = admit(tmp_path, source)
    assert (code, found["admitted"]) == (1, False)
    assert found["failed_probes"] and words in json.dumps(found)
