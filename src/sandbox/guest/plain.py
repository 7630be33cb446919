"""Values that cross between guest and harness beside the extension's own: those of a few standard classes, rebuilt on the other side
from plain data, and functions, classes and modules of the standard library, which each side takes from its own interpreter."""

import collections
import datetime
import decimal
import fractions
import sys
import types


def preload(names):
    for name in names:
        try:
            __import__(name)
        except ImportError:
            pass
    sys.path[:] = [path for path in sys.path if path]


def run_leniently(source, names):
    """Statement by statement, passing over what fails: setup may build on what the solution is yet to define."""
    import ast

    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    for statement in statements:
        try:
            exec(compile(ast.Module([statement], []), "setup.py", "exec"), names)
        except Exception:
            continue


# What a name may refer to on the other side: pure modules whose functions only compute.
PURE_MODULES = frozenset(
    "math cmath collections itertools functools operator re string heapq bisect fractions decimal datetime typing statistics copy "
    "random builtins numbers array calendar textwrap time json enum dataclasses abc struct queue hashlib".split()
)


def standard_name(value):
    """("m", module) or ("r", module, qualified name) where the value is the standard library's own, else None."""
    if isinstance(value, types.ModuleType):
        name = value.__name__
        return ("m", name) if name in PURE_MODULES and sys.modules.get(name) is value else None
    if not isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType)):
        return None
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    module = {"_operator": "operator", "_functools": "functools", "_heapq": "heapq", "_bisect": "bisect"}.get(
        module, module
    )
    if module in PURE_MODULES and isinstance(name, str):
        found = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is value:
            return ("r", module, name)
    return None


def pack(value):
    """Plain data for a value of a standard class, or None."""
    kind = type(value)
    if kind is collections.OrderedDict:
        return ("od", list(value.items()))
    if kind is collections.Counter:
        return ("ct", dict(value))
    if kind is collections.defaultdict:
        factory = standard_name(value.default_factory) if value.default_factory else None
        return ("dd", dict(value), factory[2] if factory and factory[1] == "builtins" else None)
    if kind is collections.deque:
        return ("dq", list(value), value.maxlen)
    if kind is fractions.Fraction:
        return ("fr", value.numerator, value.denominator)
    if kind is decimal.Decimal:
        return ("de", str(value))
    if kind is range:
        return ("ra", value.start, value.stop, value.step)
    if kind is datetime.date:
        return ("da", value.isoformat())
    if kind is datetime.datetime and value.tzinfo is None:
        return ("dt", value.isoformat())
    if kind is datetime.timedelta:
        return ("td", value.days, value.seconds, value.microseconds)
    if kind in (type({}.keys()), type({}.values()), type({}.items())):
        return (
            "vw",
            ("keys", "values", "items")[(type({}.keys()), type({}.values()), type({}.items())).index(kind)],
            list(value),
        )
    if value is Ellipsis or value is NotImplemented:
        return ("k", "Ellipsis" if value is Ellipsis else "NotImplemented")
    return standard_name(value)


FACTORIES = {"int": int, "list": list, "dict": dict, "set": set, "str": str, "float": float, "tuple": tuple, None: None}


def unpack(data):
    """The value again. The data may come from a guest: every shape is checked, nothing is looked up beyond PURE_MODULES."""
    kind, *rest = data
    if kind == "od":
        return collections.OrderedDict((k, v) for k, v in rest[0])
    if kind == "ct" and type(rest[0]) is dict:
        return collections.Counter(rest[0])
    if kind == "dd" and type(rest[0]) is dict:
        return collections.defaultdict(FACTORIES[rest[1]], rest[0])
    if kind == "dq" and type(rest[0]) is list:
        return collections.deque(rest[0], rest[1])
    if kind == "fr":
        return fractions.Fraction(int(rest[0]), int(rest[1]))
    if kind == "de":
        return decimal.Decimal(str(rest[0]))
    if kind == "ra":
        return range(*map(int, rest))
    if kind == "da":
        return datetime.date.fromisoformat(rest[0])
    if kind == "dt":
        return datetime.datetime.fromisoformat(rest[0])
    if kind == "td":
        return datetime.timedelta(*map(int, rest))
    if kind == "vw" and type(rest[1]) is list:
        if rest[0] == "keys":
            return dict.fromkeys(rest[1]).keys()
        return dict(rest[1]).items() if rest[0] == "items" else dict(enumerate(rest[1])).values()
    if kind == "k":
        return {"Ellipsis": Ellipsis, "NotImplemented": NotImplemented}[rest[0]]
    if kind == "m" and rest[0] in PURE_MODULES:
        return __import__(rest[0])
    if kind == "r" and rest[0] in PURE_MODULES:
        module, found = __import__(rest[0]), None
        found = module
        for part in str(rest[1]).split("."):
            if part.startswith("_"):
                raise ValueError("a private name")
            found = vars(found).get(part) if found is not module else getattr(module, part)
        if isinstance(found, types.ModuleType) or (
            rest[0] == "builtins" and not isinstance(found, type) and part not in SAFE_BUILTINS
        ):
            raise ValueError("not a function or a class")
        return found
    raise ValueError("unknown kind of value")


SAFE_BUILTINS = frozenset(
    "abs all any bin chr divmod hash hex id isinstance issubclass iter len max min next oct ord pow repr round "
    "sorted sum".split()
)
