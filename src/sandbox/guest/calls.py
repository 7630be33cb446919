"""The guest's side of a function test: runs the code, then answers calls. Everything it says is only data to the harness."""

MUTABLE = (list, dict, set, bytearray, collections.deque)  # noqa: F821 (plain.py comes before this in one source)


class Calls:
    def __init__(self, guest, names):
        self.guest, self.names, self.kept = guest, names, []

    def keep(self, value):
        """The encoder asks this for what is no plain data: a standard value, or a handle to an object that stays here."""
        packed = pack(value)  # noqa: F821
        if packed is not None:
            return packed
        if isinstance(value, Callback):
            return ("c", value.number)
        self.kept.append(value)
        return ("h", len(self.kept) - 1, type(value).__name__, *plain_part(value))

    def revive(self, data):
        if data[0] == "g":
            return self.names[data[1]] if isinstance(data[1], str) else self.kept[data[1]]
        if data[0] == "c":
            return Callback(self, data[1], data[2])
        return unpack(data)  # noqa: F821

    def put(self, message):
        try:
            data = self.guest.encode(message, self.keep)
        except (ValueError, RecursionError) as error:
            if message[0] == "ok":
                # Too deep or self-containing: it stays here as an object.
                self.kept.append(message[1])
                data = self.guest.encode(("ok", Handle(len(self.kept) - 1, type(message[1]).__name__), []), Handle.tag)
            else:
                data = self.guest.encode(("err", "ValueError", (), str(error)), self.keep)
        self.guest.put_frame(RPC, data)  # noqa: F821

    def get(self):
        frame = self.guest.get_frame(RPC, FRAME_LIMIT)  # noqa: F821
        if frame is None:
            os._exit(0)  # noqa: F821  the harness is done with us
        return self.guest.decode(frame, self.revive)

    def serve(self):
        while True:
            message = self.get()
            self.put(self.answer(message))

    def answer(self, message):
        operation, target, args, kwargs = message
        try:
            target = self.names[target] if isinstance(target, str) else target
            before = [self.snapshot(a) for a in args]
            value = OPERATIONS[operation](target, *args, **kwargs)
            changed = [(i, a) for i, a in enumerate(args) if before[i] is not None and self.snapshot(a) != before[i]]
            return ("ok", value, changed)
        except BaseException as error:
            return self.failure(error)

    def snapshot(self, value):
        if type(value) not in MUTABLE:
            return None
        try:
            return self.guest.encode(value, pack_or_id)
        except (ValueError, RecursionError):
            return None

    def failure(self, error):
        note(self.guest, error)  # noqa: F821
        try:
            kind = next(
                (c.__name__ for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c), "Exception"
            )  # noqa: F821
            args = tuple(a for a in error.args if type(a) in (str, int, float, bool))
            return ("err", kind, args, f"{type(error).__name__}: {error}"[:500])
        except BaseException:
            return ("err", "Exception", (), "an exception that cannot be shown")


def plain_part(value):
    """(the plain data that an object of a derived class is made of,) where it is made of some: a named tuple's items, say."""
    for base in (bool, int, float, str, bytes, tuple, list, dict, set, frozenset):
        if isinstance(value, base):
            return (base(value),)
    return ()


class Handle:
    def __init__(self, number, kind):
        self.number, self.kind = number, kind

    @staticmethod
    def tag(handle):
        return ("h", handle.number, handle.kind)


class Callback:
    """A function of the tests, passed to the guest's: calling it asks the harness."""

    def __init__(self, calls, number, name):
        self.calls, self.number, self.__name__ = calls, number, name

    def __call__(self, *args, **kwargs):
        self.calls.put(("cb", self.number, args, kwargs))
        while True:
            message = self.calls.get()
            if message[0] == "cb-ok":
                return message[1]
            if message[0] == "cb-err":
                raise getattr(builtins, message[1], Exception)(*message[2])  # noqa: F821
            self.calls.put(self.calls.answer(message))


def is_own_function(value):
    return isinstance(value, types.FunctionType) and standard_name(value) is None  # noqa: F821


def pack_or_id(value):
    return pack(value) or ("o", id(value))  # noqa: F821


def call_method(target, name, *args, **kwargs):
    return getattr(target, name)(*args, **kwargs)


def set_item(target, key, value):
    target[key] = value


OPERATIONS = {
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "value": lambda target: target,
    "method": call_method,
    "get": getattr,
    "set": setattr,
    "item": lambda target, key: target[key],
    "put": set_item,
    "eq": lambda target, other: bool(target == other),
    "ne": lambda target, other: bool(target != other),
    "lt": lambda target, other: bool(target < other),
    "le": lambda target, other: bool(target <= other),
    "gt": lambda target, other: bool(target > other),
    "ge": lambda target, other: bool(target >= other),
    "bool": lambda target: bool(target),
    "len": lambda target: len(target),
    "in": lambda target, item: item in target,
    "iter": lambda target: iter(target),
    "next": lambda target: next(target),
    "str": lambda target: str(target),
    "repr": lambda target: repr(target),
    "hash": lambda target: hash(target),
    "is": lambda target, other: isinstance(other, target),
    "int": lambda target: int(target),
    "float": lambda target: float(target),
    "add": lambda target, other: target + other,
    "radd": lambda target, other: other + target,
    "sub": lambda target, other: target - other,
    "mul": lambda target, other: target * other,
}


def run_functions(guest, job, _):
    """Runs the code as a module, says which names it defined, then serves calls until the harness closes the socket."""
    names = module_of("solution", None)  # noqa: F821
    calls = Calls(guest, names)
    for source in job.get("setup", ()):
        run_leniently(source, names)
    try:
        before = set(names)
        exec(compile_first(job["sources"], "solution.py"), names)  # noqa: F821
        calls.put(("defines", [(name, is_own_function(names[name])) for name in names if name not in before], [], {}))
    except BaseException as error:
        calls.put(calls.failure(error))
        os._exit(1)  # noqa: F821
    calls.serve()


class Sdk:
    """`rlar` in a stored verifier: the native tools, asked on the run's own socket."""

    def __init__(self, guest):
        self.guest = guest

    def ask(self, **question):
        self.guest.put_frame(RUN, json.dumps(question).encode())  # noqa: F821
        answer = json.loads(self.guest.get_frame(RUN, FRAME_LIMIT))  # noqa: F821
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["value"]

    def module(self):
        sdk = types.ModuleType("rlar")  # noqa: F821
        sdk.extract = lambda text, want="text": self.ask(ask="extract", text=str(text), want=want)
        sdk.number = lambda text: self.ask(ask="number", text=str(text))
        sdk.score = lambda tool, response, reference=None, **params: self.ask(
            ask="score", tool=tool, response=str(response), reference=reference, params=params
        )
        sdk.math_equal = lambda answer, reference: sdk.score("math_equal", answer, reference, extract="none") == 1.0
        return sdk


def run_check(guest, job, _):
    """A stored verifier: check(prompt, answer, reference, params) for each call, one result frame a call. The program starts anew for
    each, so that no call sees what another left in its names."""
    sdk = Sdk(guest).module()
    try:
        code = compile(job["source"], "check.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        guest.put_frame(RUN, json.dumps({"load": f"{type(error).__name__}: {error}"[:500]}).encode())  # noqa: F821
        os._exit(0)  # noqa: F821
    for call in job["calls"]:
        random.seed(job.get("seed", 0))  # noqa: F821
        sys.modules["rlar"] = sdk
        guest.put_frame(RUN, json.dumps(checked(code, call)).encode())  # noqa: F821
    os._exit(0)  # noqa: F821


def checked(code, call):
    try:
        names = module_of("verifier", None)  # noqa: F821
        exec(code, names)
        value = names["check"](call["prompt"], call["answer"], call["reference"], call["params"])
    except BaseException as error:
        return {"raised": f"{type(error).__name__}: {error}"[:500]}
    if isinstance(value, bool):
        return {"result": value}
    if type(value) in (int, float) and abs(value) < 1e300:
        return {"result": value}
    return {"raised": f"check returned {type(value).__name__} {str(value)[:40]!r}, not a bool or a number"}


MODES.update(functions=run_functions, check=run_check)  # noqa: F821
