"""What a stored verifier may not do, found in its source before it is run, and once more while it runs: reach beyond its arguments, keep
state, read the clock, run text as code. Rules of the language, not of any one fault."""

import ast

CALLS = frozenset("eval exec compile __import__ open input breakpoint globals locals memoryview exit quit".split())
MODULES = frozenset(
    "os io subprocess socket pathlib shutil tempfile importlib ctypes inspect gc threading multiprocessing signal secrets uuid builtins "
    "pickle marshal shelve dbm sqlite3 resource pty fcntl mmap asyncio urllib http requests glob platform getpass time runpy code codeop "
    "pkgutil zipimport atexit weakref traceback logging warnings concurrent select ssl posix faulthandler tracemalloc sysconfig site".split()
)
ATTRIBUTES = frozenset(
    "__globals__ __subclasses__ __builtins__ __bases__ __mro__ __code__ __closure__ __loader__ __spec__ __import__ "
    "f_back f_globals f_locals gi_frame cr_frame tb_frame".split()
)
CLOCKS = frozenset("now today utcnow localtime gmtime".split())
CHANGES = frozenset(
    "append add update extend insert pop remove clear setdefault discard popitem sort reverse appendleft popleft "
    "__setitem__ send".split()
)


def inspect_source(source):
    """Sentences, one a finding; the first is the syntax error where it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return [f"it is not Python: {error}"]
    finder = Finder({target for statement in tree.body for target in assigned(statement)})
    finder.visit(tree)
    if not any(isinstance(node, (ast.FunctionDef, ast.Assign)) and "check" in assigned(node) for node in tree.body):
        finder.found.append("it defines no function check")
    return list(dict.fromkeys(finder.found))[:8]


def assigned(statement):
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return set()


def base_name(node):
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


class Finder(ast.NodeVisitor):
    def __init__(self, module_names):
        self.module_names, self.locals, self.depth, self.found = module_names, [], 0, []

    def say(self, node, what):
        self.found.append(f"line {node.lineno}: {what}")

    def visit_Import(self, node):
        for alias in node.names:
            self.check_module(node, alias.name)

    def visit_ImportFrom(self, node):
        self.check_module(node, node.module or "")
        if node.module == "sys" or any(alias.name in CALLS | CLOCKS for alias in node.names):
            self.say(node, f"imports {', '.join(a.name for a in node.names)} from {node.module}")

    def check_module(self, node, name):
        if name.split(".")[0] in MODULES:
            self.say(node, f"imports {name}, which reaches beyond its arguments")

    def visit_Name(self, node):
        if node.id in CALLS and isinstance(node.ctx, ast.Load):
            self.say(node, f"uses {node.id}")
        if node.id.startswith("__") and node.id not in ("__name__", "__doc__"):
            self.say(node, f"uses {node.id}")

    def visit_Attribute(self, node):
        if node.attr in ATTRIBUTES:
            self.say(node, f"uses {node.attr}")
        if node.attr in CLOCKS and base_name(node) in ("datetime", "date", "dt"):
            self.say(node, "reads the clock")
        if base_name(node) == "sys" and node.attr in (
            "modules",
            "_getframe",
            "stdin",
            "argv",
            "path",
            "settrace",
            "setprofile",
            "meta_path",
        ):
            self.say(node, f"uses sys.{node.attr}")
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]:
            if isinstance(default, (ast.List, ast.Dict, ast.Set, ast.Call)) and self.changed_inside(node, default):
                self.say(node, "keeps state in a default argument")
        names = {a.arg for a in [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]}
        shared = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
        names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - shared
        self.locals.append(names)
        self.generic_visit(node)
        self.locals.pop()

    def changed_inside(self, function, default):
        arguments = function.args.args[len(function.args.args) - len(function.args.defaults) :]
        names = {a.arg for a, d in zip(arguments, function.args.defaults) if d is default}
        return any(base_name(target) in names for target in self.targets(function))

    @staticmethod
    def targets(tree):
        """Everything below `tree` that is written to or changed in place."""
        for node in ast.walk(tree):
            if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                yield node
            elif isinstance(node, ast.AugAssign):
                yield node.target
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
                yield node.func

    def is_shared(self, name):
        return name in self.module_names and self.locals and not any(name in names for names in self.locals)

    def visit_Global(self, node):
        self.say(node, f"keeps state in {', '.join(node.names)}")

    def visit_Call(self, node):
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES and self.is_shared(base_name(node.func)):
            self.say(node, f"keeps state in {base_name(node.func)}")
        if (
            isinstance(node.func, ast.Name)
            and node.func.id == "next"
            and node.args
            and self.is_shared(base_name(node.args[0]))
        ):
            self.say(node, f"keeps state in {base_name(node.args[0])}")
        if isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            self.say(node, f"uses {node.func.id}")
        self.generic_visit(node)

    def visit_Subscript(self, node):
        if isinstance(node.ctx, (ast.Store, ast.Del)) and self.is_shared(base_name(node)):
            self.say(node, f"keeps state in {base_name(node)}")
        self.generic_visit(node)

    def visit_Assign(self, node):
        for target in node.targets:
            if isinstance(target, ast.Attribute) and self.is_shared(base_name(target)):
                self.say(node, f"keeps state in {base_name(target)}")
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        if isinstance(node.target, (ast.Attribute, ast.Subscript)) and self.is_shared(base_name(node.target)):
            self.say(node, f"keeps state in {base_name(node.target)}")
        self.generic_visit(node)


def run_inspect(guest, job, _):
    guest.put_frame(RUN, json.dumps(inspect_source(job["source"])).encode())  # noqa: F821 (one source with guest.py)
    os._exit(0)  # noqa: F821


BEYOND = frozenset("posix nt _socket _posixsubprocess _ctypes _multiprocessing _signal mmap fcntl resource".split())


class Watch:
    """What a verifier comes to do while it runs, however it is written: the profiler names every C function that is called."""

    def __init__(self):
        self.found = []

    def __call__(self, frame, event, function):
        what = beyond(function) if event == "c_call" else None
        if what and frame.f_code is not watched.__code__ and not ours(frame):
            self.found.append(what)


def beyond(function):
    name, module, owner = (
        getattr(function, "__name__", ""),
        getattr(function, "__module__", None),
        getattr(function, "__self__", None),
    )
    if any(function is f for f in (eval, exec, compile)):
        return f"runs text as code ({name})"
    if (
        any(function is f for f in (open, input))
        or (module in BEYOND and name not in ("fspath", "getpid"))
        or name == "start_new_thread"
    ):
        return f"reaches beyond its arguments ({name})"
    if module == "time":
        return f"reads the clock ({name})"
    if isinstance(owner, type) and name in CLOCKS and any(c.__module__ == "datetime" for c in owner.__mro__):
        return f"reads the clock ({name})"
    return None


def ours(frame):
    """Calls on behalf of an import, or of the module rlar."""
    while frame is not None:
        if frame.f_code is Sdk.ask.__code__ or frame.f_code.co_filename.startswith("<frozen importlib"):  # noqa: F821
            return True
        frame = frame.f_back
    return False


def module_state(names):
    held = {k: v for k, v in names.items() if not k.startswith("__") and not isinstance(v, (type, types.ModuleType))}  # noqa: F821
    return {k: (repr(v)[:2000], repr(getattr(v, "__dict__", None))[:2000]) for k, v in held.items()}


def watched(code, call):
    watch, before = Watch(), None
    names = module_of("verifier", None)  # noqa: F821
    try:
        sys.setprofile(watch)  # noqa: F821
        exec(code, names)
        sys.setprofile(None)  # noqa: F821
        before = module_state(names)
        sys.setprofile(watch)  # noqa: F821
        names["check"](call["prompt"], call["answer"], call["reference"], call["params"])
    except BaseException:
        pass  # what it raises is for the other probes
    finally:
        sys.setprofile(None)  # noqa: F821
    if before is None:
        return watch.found
    after = module_state(names)
    return watch.found + [f"keeps state in {name}" for name in after if after[name] != before.get(name)]


def run_watch(guest, job, _):
    sdk, found = Sdk(guest).module(), []  # noqa: F821
    code = compile(job["source"], "check.py", "exec", dont_inherit=True)
    for call in job["calls"]:
        random.seed(0)  # noqa: F821
        sys.modules["rlar"] = sdk  # noqa: F821
        found += watched(code, call)
    guest.put_frame(RUN, json.dumps(list(dict.fromkeys(found))[:8]).encode())  # noqa: F821
    os._exit(0)  # noqa: F821


MODES.update(inspect=run_inspect, watch=run_watch)  # noqa: F821
