"""Why data from outside cannot be used, in words: the key as a person knows it, and what it takes.

msgspec says "Expected `float` >= 1e-06 - at `$.sampling.temperature`". Here that becomes
"sampling.temperature must be a number from 0.000001 to 10, not 0".
"""

import contextlib
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import inspect

# What reading a file and decoding it can raise: msgspec's errors are ValueErrors, and so is that of
# bytes that are not UTF-8. Deep nesting is a RecursionError.
UNREADABLE = (OSError, ValueError, RecursionError)

_FIELD = re.compile(r"(unknown|missing required) field `(.*)`", re.DOTALL)
_STEP = re.compile(r"\[(\d+|\.\.\.)\]|\.(\w+)")
_LONGEST = 40


def reason(
    error: Exception,
    kind: Any = Any,
    document: object = None,
    named: Callable[[str], str] = str,
) -> str:
    """What is wrong, without a full stop.

    `error` is what reading `document` (or its JSON) as a `kind` raised; `named` gives a key, as
    `sampling.temperature`, the name that the person knows.
    """
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return "it holds a number of too many digits"
    if not isinstance(error, msgspec.ValidationError):
        return str(error)
    if isinstance(document, bytes):
        try:
            document = msgspec.json.decode(document)
        except (ValueError, RecursionError) as malformed:
            # The first wrong value is reported before the rest has been read.
            return reason(malformed)
    return _invalid(str(error), inspect.type_info(kind), document, named)


def _invalid(text: str, kind: inspect.Type, document: object, named: Callable[[str], str]) -> str:
    text, _, where = text.rpartition(" - at ") if " - at " in text else (text, "", "")
    steps = [index or name for index, name in _STEP.findall(where)]
    if field := _FIELD.search(text):
        path = named(".".join([*steps, field[2]]))
        return f"{path} is missing" if field[1] != "unknown" else f"{path} is not a known key"
    for step in steps:
        kind, document = _inside(kind, document, step)
    name = named(".".join(step for step in steps if step != "...")) if steps else "it"
    if "..." in steps:
        name = f"each value of {name}"
    if isinstance(kind, inspect.AnyType):
        return f"{name} cannot be {_shown(document)}"
    # A number that was typed is no text where it is only out of range.
    typed = isinstance(document, str) and "got `str`" not in text and text.startswith("Expected")
    value = str(document) if typed else _shown(document)
    return f"{name} must be {_wanted(kind)}" + ("" if "..." in steps else f", not {value}")


def _inside(kind: inspect.Type, document: object, step: str) -> tuple[inspect.Type, object]:
    """The type and the value one step further in; any type where none is known."""
    value: object = None
    with contextlib.suppress(KeyError, IndexError, TypeError, ValueError):
        value = document[int(step)] if isinstance(document, list | tuple) else document[step]  # type: ignore[index]
    for each in kind.types if isinstance(kind, inspect.UnionType) else (kind,):
        if isinstance(each, inspect.StructType) and _is_tagged(each, document):
            for field, plain in zip(each.fields, msgspec.structs.fields(each.cls), strict=True):
                if field.encode_name == step and get_origin(plain.type) is Literal:
                    # In the order in which they are declared: `inspect` sorts them.
                    return inspect.LiteralType(get_args(plain.type)), value
                if field.encode_name == step:
                    return field.type, value
        elif isinstance(each, inspect.ListType | inspect.VarTupleType):
            return each.item_type, value
        elif isinstance(each, inspect.DictType):
            return each.value_type, value
    return inspect.AnyType(), value


def _is_tagged(kind: inspect.StructType, document: object) -> bool:
    tag = document.get(kind.tag_field) if isinstance(document, dict) and kind.tag_field else None
    return tag is None or tag == kind.tag


def _wanted(kind: inspect.Type) -> str:
    match kind:
        case inspect.LiteralType(values):
            return _either([str(each) for each in values])
        case inspect.UnionType(types):
            return _either(list(dict.fromkeys(_wanted(each) for each in types)))
        case inspect.IntType():
            return f"a whole number{_bounds(kind)}"
        case inspect.FloatType():
            return f"a number{_bounds(kind)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "text"
        case inspect.NoneType():
            return "null"
        case inspect.ListType() | inspect.VarTupleType():
            return "a list"
    return "an object"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" from {_plain(kind.ge)} to {_plain(kind.le)}"
    bounds = ((kind.ge, "at least"), (kind.gt, "above"), (kind.le, "at most"), (kind.lt, "below"))
    told = [f"{words} {_plain(bound)}" for bound, words in bounds if bound is not None]
    return f" {' and '.join(told)}" if told else ""


def _plain(number: float) -> str:
    """Without an exponent where that is short: 0.000001."""
    if isinstance(number, float) and number >= 1e15:
        return f"{number:g}"
    return f"{Decimal(str(number)).normalize():,f}"


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _shown(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case float():
            return f"{value:.12g}"
        case int() if abs(value) >= 10**20:
            return "a number of more than 20 digits"
        case str():
            return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")
    return str(value)
