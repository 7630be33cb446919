"""The harness's hold on the guest: a link that calls its functions, and proxies for its functions and objects. Everything that comes
over the link is the guest's word and is only data here."""

import builtins
import operator as OPERATORS

FRAME_LIMIT = 64 << 20
# Calls sent ahead must fit the socket's buffer, or both sides could wait for each other.
FORESEEN_CALLS, FORESEEN_BYTES = 32, 64 << 10


class GuestGone(BaseException):
    """The guest ended, or its answers cannot be read: every test that is left fails."""


class GuestError(Exception):
    """An exception of the guest's that is none of Python's own."""


class Link:
    """Calls to the guest, and its calls back."""

    def __init__(self, guest, fd):
        self.guest, self.fd, self.callbacks, self.compared, self.gone = guest, fd, [], False, None
        self.foreseen = []  # calls that were sent before their turn; their answers come in this order

    def foresee(self, calls):
        """Sends calls that the tests are sure to make, so that the guest answers them without waiting in between."""
        for name, args, kwargs in calls:
            data = self.guest.encode(("call", Guest(self, name, "function"), args, kwargs), self.lower)
            if len(data) > FORESEEN_BYTES // FORESEEN_CALLS:
                return
            try:
                self.guest.put_frame(self.fd, data)
            except OSError:
                return  # it has ended already: the next answer asked for will say so
            self.foreseen.append(data)

    def send(self, value):
        try:
            data = self.guest.encode(value, self.lower)
        except RecursionError as error:
            raise ValueError("the test's data is nested too deeply") from error
        if self.foreseen and self.foreseen[0] == data:
            self.foreseen.pop(0)
            return
        while self.foreseen:
            self.foreseen.pop(0)
            self.receive()
        try:
            self.guest.put_frame(self.fd, data)
        except OSError as error:
            raise self.end("the program ended") from error

    def receive(self):
        try:
            frame = self.guest.get_frame(self.fd, FRAME_LIMIT)
        except (OSError, ValueError) as error:
            raise self.end(str(error)) from error
        if frame is None:
            raise self.end("the program ended")
        try:
            message = self.guest.decode(frame, self.lift)
            if type(message) is not tuple or len(message) < 3:
                raise ValueError("not an answer")
        except (
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            AttributeError,
            OverflowError,
            ArithmeticError,
            RecursionError,
            ImportError,
        ) as error:
            raise self.end(f"its answer cannot be read: {error}") from error
        return message

    def end(self, why):
        self.gone = why
        return GuestGone(why)

    def lower(self, value):
        if type(value) is Guest:
            return ("g", object.__getattribute__(value, "_number"))
        packed = pack(value)  # noqa: F821 (plain.py comes before this in one source)
        if packed is not None:
            return packed
        if callable(value):
            self.callbacks.append(value)
            return ("c", len(self.callbacks) - 1, getattr(value, "__name__", "function"))
        raise TypeError(f"the test passes a {type(value).__name__}, which cannot cross into the sandbox")

    def lift(self, data):
        if data[0] == "h":
            # A number: names are the harness's own to give.
            return Guest(self, int(data[1]), str(data[2]), *data[3:4])
        if data[0] == "c":
            return self.callbacks[data[1]]
        return unpack(data)  # noqa: F821

    def ask(self, operation, target, *args, **kwargs):
        if self.gone:
            raise GuestGone(self.gone)
        self.send((operation, target, args, kwargs))
        while True:
            message = self.receive()
            if message[0] == "ok":
                for index, value in message[2]:
                    rewrite(args[index], value)
                return message[1]
            if message[0] == "err":
                raise rebuilt(message)
            if message[0] != "cb":
                raise self.end("its answer cannot be read")
            self.call_back(message)

    def candidate(self, name, defined):
        return Guest(self, name, "function") if defined[name] else self.ask("value", name)

    def call_back(self, message):
        try:
            reply = ("cb-ok", self.callbacks[message[1]](*message[2], **message[3]), [])
        except Exception as error:
            reply = ("cb-err", type(error).__name__, tuple(a for a in error.args if type(a) in (str, int, float)))
        self.send(reply)


def rebuilt(message):
    kind = getattr(builtins, str(message[1]), None)
    text = str(message[3]) if len(message) > 3 else ""
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(*message[2])
        except Exception:
            return kind()
    return GuestError(text)


def rewrite(argument, value):
    """What the guest did to a mutable argument happens to the test's own object."""
    if type(argument) is not type(value):
        return
    if isinstance(argument, (list, bytearray)):
        argument[:] = value
    elif isinstance(argument, (dict, set)):
        argument.clear()
        argument.update(value)
    elif hasattr(argument, "extend"):
        argument.clear()
        argument.extend(value)


MISSING = object()


class Guest:
    """An object that stays in the guest. Against plain data it counts as what it is made of (a named tuple's items), or as different;
    comparing two of them asks the guest, and the verdict says so (guest_compared)."""

    __slots__ = ("_link", "_number", "_kind", "_plain")

    def __init__(self, link, number, kind, plain=MISSING):
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_plain", plain)

    def _ask(self, operation, *args, **kwargs):
        return object.__getattribute__(self, "_link").ask(operation, self, *args, **kwargs)

    def _judge(self, operation, *args):
        object.__getattribute__(self, "_link").compared = True
        return bool(self._ask(operation, *args))

    def _compare(self, operation, other):
        mine = object.__getattribute__(self, "_plain")
        theirs = object.__getattribute__(other, "_plain") if type(other) is Guest else other
        if mine is not MISSING and theirs is not MISSING:
            return getattr(OPERATORS, operation)(mine, theirs)
        if type(other) is Guest:
            return self._judge(operation, other)
        if operation in ("eq", "ne"):
            return operation == "ne"
        raise TypeError(f"an object of the response's is no {type(other).__name__}")

    def __call__(self, *args, **kwargs):
        return self._ask("call", *args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__") and name not in ("__name__", "__doc__", "__dict__"):
            raise AttributeError(name)
        return self._ask("get", name)

    def __setattr__(self, name, value):
        self._ask("set", name, value)

    def __iter__(self):
        return self._ask("iter") if object.__getattribute__(self, "_kind") not in ITERATORS else self

    def __next__(self):
        try:
            return self._ask("next")
        except StopIteration:
            raise StopIteration from None

    def __hash__(self):
        object.__getattribute__(self, "_link").compared = True
        return int(self._ask("hash"))

    def __bool__(self):
        return self._judge("bool")

    def __instancecheck__(self, other):
        return self._judge("is", other)

    def __contains__(self, item):
        return self._judge("in", item)

    def __len__(self):
        return int(self._ask("len"))

    def __int__(self):
        return int(self._ask("int"))

    def __float__(self):
        return float(self._ask("float"))

    def __str__(self):
        return str(self._ask("str"))

    def __repr__(self):
        return str(self._ask("repr"))


ITERATORS = frozenset(
    ("generator", "map", "filter", "zip", "enumerate", "list_iterator", "tuple_iterator", "reversed", "chain")
)


def compares(operation):
    return lambda self, other: self._compare(operation, other)


def forward(operation):
    return lambda self, *args: self._ask(operation, *args)


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Guest, f"__{_name}__", compares(_name))
for _name, _operation in (
    ("getitem", "item"),
    ("setitem", "put"),
    ("add", "add"),
    ("radd", "radd"),
    ("sub", "sub"),
    ("mul", "mul"),
):
    setattr(Guest, f"__{_name}__", forward(_operation))
