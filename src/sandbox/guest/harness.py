"""The trusted side of a function test: holds the tests, runs them, and calls the guest's functions through proxies.

It is never in the guest's process and believes nothing that comes from there: plain data is rebuilt by the extension's decoder,
objects of the guest's classes stay opaque, and names of the tests, of their setup and of Python's builtins are its own.
"""

import ast
import builtins
import gc
import json
import os
import random
import resource
import sys

CONDITIONAL = (
    ast.Lambda,
    ast.IfExp,
    ast.BoolOp,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.NamedExpr,
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
    ast.Starred,
)


def main(guest, control, config, folder, ruleset, statm, info):
    preload(config["preload"])  # noqa: F821 (plain.py and proxies.py come before this in one source)
    limits = ((resource.RLIMIT_AS, config["memory"]), (resource.RLIMIT_FSIZE, 16 << 20), (resource.RLIMIT_CORE, 0))
    guest.wall_in(-1, folder, ruleset, control)
    null = os.open("/dev/null", os.O_RDWR)
    guest.seal(limits, bytes.fromhex(config["filter"]), (null, null, null, control))
    guest.send(3, json.dumps({"ready": True, **info}).encode(), ())
    gc.freeze()
    random.seed(0)
    state, clean = random.getstate(), fingerprint()
    while True:
        data, fds = guest.receive(3, 64, 2)
        if not data:
            os._exit(0)
        job_fd, rpc_fd = fds
        random.setstate(state)
        verdict = run_job(guest, json.loads(guest.get_frame(job_fd, FRAME_LIMIT)), rpc_fd)
        os.close(rpc_fd)
        # Tests that left something behind in this process end it: the next ones get a fresh one.
        verdict["clean"] = fingerprint() == clean
        try:
            guest.put_frame(job_fd, json.dumps(verdict).encode())
        except OSError:
            pass  # nobody waits for it any more
        os.close(job_fd)


def fingerprint():
    watched = (
        "builtins",
        "math",
        "random",
        "re",
        "collections",
        "itertools",
        "functools",
        "operator",
        "json",
        "heapq",
        "time",
    )
    return (
        len(sys.modules),
        sys.getrecursionlimit(),
        sys.gettrace(),
        os.getcwd(),
        tuple(
            hash(frozenset((k, id(v)) for k, v in vars(sys.modules[m]).items())) for m in watched if m in sys.modules
        ),
    )


class Names(dict):
    """The tests' global names: their own first, then Python's, then what the guest defined."""

    def __init__(self, link, defined, shadowed):
        super().__init__(__name__="tests", __builtins__=builtins)
        self.link, self.defined, self.shadowed = link, defined, shadowed

    def __missing__(self, name):
        if name in self.defined and (name in self.shadowed or not hasattr(builtins, name)):
            self[name] = self.link.candidate(name, self.defined)
            return self[name]
        raise KeyError(name)


def shadowed_builtins(texts, defined, entry):
    """A solution may be called like a builtin (`sum`). Its name counts as its own only where it is the entry point, or where it is
    the one name of its own that every test calls."""
    if entry:
        return {entry}
    common = None
    for text in texts:
        try:
            used = {
                node.func.id
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
        except SyntaxError:
            continue
        common = used if common is None else common & used
    own = {name for name in common or () if name in defined}
    return own if len(own) == 1 else set()


def run_job(guest, job, rpc_fd):
    link = Link(guest, rpc_fd)
    results, reasons = [], []
    try:
        link.foresee(sure_calls(job))
        message = link.receive()
        if message[0] != "defines":
            return {
                "results": [],
                "total": 0,
                "clean": True,
                "error": str(message[3]) if len(message) > 3 else "the program failed",
                "stage": "load",
            }
        defined = {str(name): own is True for name, own in message[1]}
        tests = Tests(link, job, defined)
        tests.run(results, reasons)
        stage, why = "done", reasons[0] if reasons else ""
    except GuestGone as error:
        stage, why = "gone", str(error)
    except BrokenTests as error:
        stage, why = "tests", str(error)
    except (MemoryError, RecursionError) as error:
        stage, why = "data", type(error).__name__
    except (
        Exception
    ) as error:  # the tests' own errors are caught where they run: what is left came from the guest's answers
        stage, why = "gone", f"its answer cannot be read: {type(error).__name__}: {error}"
    return {
        "results": results,
        "total": count_tests(job),
        "error": why[:500],
        "stage": stage,
        "guest_compared": link.compared,
    }


def sure_calls(job):
    """(name, args, kwargs) of the calls that the tests make whatever they are answered: asserts that hold one call each, of literals,
    with nothing conditional in them. None where a name could be something else than the guest's function."""
    if job.get("setup") or job.get("cases") is not None:
        return []
    calls = []
    try:
        for statement in assert_statements(job):
            found = [node for node in ast.walk(statement) if isinstance(node, CONDITIONAL + (ast.Call,))]
            if not isinstance(statement, ast.Assert) or len(found) != 1 or not isinstance(found[0], ast.Call):
                return calls
            call = found[0]
            name = job["entry_point"] if job.get("test") is not None else call.func.id
            if hasattr(builtins, name) and name != job.get("entry_point"):
                return calls
            calls.append(
                (
                    name,
                    tuple(map(ast.literal_eval, call.args)),
                    {k.arg: ast.literal_eval(k.value) for k in call.keywords},
                )
            )
            if None in calls[-1][2] or len(calls) == FORESEEN_CALLS:
                return calls[:-1]
    except (SyntaxError, ValueError, AttributeError, TypeError, IndexError, RuntimeError, MemoryError):
        pass  # whatever is no such assert is simply not foreseen
    return calls


def assert_statements(job):
    """The tests' statements in order; of a check function those of its body, if all they call is its parameter."""
    if job.get("test") is None:
        for text in job["tests"]:
            yield from ast.parse(text).body
        return
    check = next(
        node for node in ast.parse(job["test"]).body if isinstance(node, ast.FunctionDef) and node.name == "check"
    )
    parameter = check.args.args[0].arg
    for statement in check.body:
        if isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            continue
        if isinstance(statement, ast.Assert):
            called = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
            if not all(isinstance(func, ast.Name) and func.id == parameter for func in called):
                return
        yield statement


def count_tests(job):
    if job.get("cases") is not None or job.get("test") is None:
        return len(job.get("cases") or job["tests"])
    if job.get("score") != "fraction":
        return 1
    try:
        return sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(job["test"])))
    except (SyntaxError, ValueError):
        return 1


class BrokenTests(Exception):
    """The row's own tests cannot be run, whatever the response."""


class Tests:
    def __init__(self, link, job, defined):
        self.job = job
        self.fraction = job.get("score") == "fraction"
        texts = job.get("tests") or []
        self.names = Names(link, defined, shadowed_builtins(texts, defined, job.get("entry_point")))
        self.link = link
        for source in job.get("setup") or []:
            run_leniently(source, self.names)  # noqa: F821

    def run(self, results, reasons):
        if self.job.get("cases") is not None:
            self.run_cases(results, reasons)
        elif self.job.get("test") is not None:
            self.run_check(results, reasons)
        else:
            for text in self.job["tests"]:
                self.attempt(results, reasons, self.compiled(text))
                if not results[-1] and not self.fraction:
                    return

    def compiled(self, text):
        try:
            return compile(text, "test.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise BrokenTests(f"a test is not Python: {error}") from error

    def attempt(self, results, reasons, code):
        try:
            exec(code, self.names)
            results.append(True)
        except (GuestGone, BrokenTests, MemoryError):
            results.append(False)
            raise
        except BaseException as error:
            results.append(False)
            reasons.append(f"{type(error).__name__}: {error}"[:300])

    def run_check(self, results, reasons):
        entry = self.job["entry_point"]
        tree = ast.parse(self.job["test"]) if self.parses(self.job["test"]) else None
        if tree is None:
            raise BrokenTests("the test is not Python")
        if entry not in self.names.defined:
            results.append(False)
            reasons.append(f"the response defines no {entry}")
            return
        if self.fraction:
            tree = ast.fix_missing_locations(Recorder().visit(tree))
            self.names["__record__"] = lambda passed, error=None: self.record(results, reasons, passed, error)
        try:
            exec(compile(tree, "test.py", "exec", dont_inherit=True), self.names)
            self.names["check"]
        except GuestGone:
            raise
        except BaseException as error:
            raise BrokenTests(f"the test does not define check: {error}") from error
        self.names["__candidate__"] = self.link.candidate(entry, self.names.defined)
        self.attempt(results if not self.fraction else [], reasons, compile("check(__candidate__)", "test.py", "exec"))

    @staticmethod
    def parses(text):
        try:
            compile(text, "test.py", "exec")
            return True
        except (SyntaxError, ValueError):
            return False

    @staticmethod
    def record(results, reasons, passed, error):
        results.append(passed)
        if not passed:
            reasons.append(f"{type(error).__name__}: {error}"[:300])

    def run_cases(self, results, reasons):
        job = self.job
        name = job.get("fn_name")
        if job.get("class_name") and job["class_name"] in self.names.defined:
            instance = self.link.ask("value", job["class_name"])()
            target = getattr(instance, name) if name else instance
        else:
            if name not in self.names.defined:
                results.append(False)
                reasons.append(f"the response defines no {name or job.get('class_name')}")
                return
            target = self.link.candidate(name, self.names.defined)
        for case in job["cases"]:
            try:
                passed = equal(
                    target(*case["args"], **(case.get("kwargs") or {})), case["expected"], job.get("float_tolerance")
                )
                results.append(passed)
                if not passed:
                    reasons.append(f"case {len(results)}: another result")
            except GuestGone:
                results.append(False)
                raise
            except BaseException as error:
                results.append(False)
                reasons.append(f"case {len(results)}: {type(error).__name__}: {error}"[:300])
            if not results[-1] and not self.fraction:
                return


def equal(value, expected, tolerance):
    """JSON cannot say tuple: a tuple equals the list of its items. Numbers agree within the tolerance where one is given."""
    if type(value) is tuple:
        value = list(value)
    if type(value) is list and type(expected) is list:
        return len(value) == len(expected) and all(equal(v, e, tolerance) for v, e in zip(value, expected))
    if type(value) is dict and type(expected) is dict:
        keyed = {key if type(key) is str else json.dumps(key): v for key, v in value.items()}
        return keyed.keys() == expected.keys() and all(equal(keyed[k], expected[k], tolerance) for k in keyed)
    if tolerance is not None and type(value) in (int, float) and type(expected) in (int, float):
        return value == expected or abs(value - expected) <= tolerance * max(1.0, abs(expected))
    if type(value) is bool or type(expected) is bool:
        return value is expected
    return bool(value == expected)


class Recorder(ast.NodeTransformer):
    """Each assert is counted on its own, and a failed one does not end the check."""

    def visit_Assert(self, node):
        template = ast.parse(
            "try:\n  pass\nexcept Exception as _error:\n  __record__(False, _error)\nelse:\n  __record__(True)"
        ).body[0]
        template.body = [node]
        return template
