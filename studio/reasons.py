"""Explaining why data cannot be used: the key as the user knows it, and the values it accepts.

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

from studio.errors import VerseError

# What reading and decoding a file can raise. msgspec's errors and UnicodeDecodeError are
# ValueErrors; deep nesting raises RecursionError, and text that no request can hold VerseError.
UNREADABLE = (OSError, ValueError, RecursionError, VerseError)

_FIELD = re.compile(r"(unknown|missing required) field `(.*)`", re.DOTALL)
_STEP = re.compile(r"\[(\d+|\.\.\.)\]|\.(\w+)")
_LONGEST = 40  # characters of a quoted value


def reason(
    error: Exception,
    kind: Any = Any,
    document: object = None,
    display_name: Callable[[str], str] = str,
) -> str:
    """What is wrong, without a full stop.

    `error` was raised while reading `document` (or its JSON) as a `kind`. `display_name` turns a
    key, such as `sampling.temperature`, into the name that the user knows.
    """
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return "it has a number with too many digits"
    if not isinstance(error, msgspec.ValidationError):
        return str(error).removesuffix(".")
    if isinstance(document, bytes):
        try:
            document = msgspec.json.decode(document)
        except (ValueError, RecursionError) as malformed:
            # msgspec reports a wrong value before it has read the rest.
            return reason(malformed)
    return _invalid(str(error), inspect.type_info(kind), document, display_name)


def _invalid(
    text: str, kind: inspect.Type, document: object, display_name: Callable[[str], str]
) -> str:
    text, _, where = text.rpartition(" - at ") if " - at " in text else (text, "", "")
    steps = [index or name for index, name in _STEP.findall(where)]
    if field := _FIELD.search(text):
        path = display_name(".".join([*steps, field[2]]))
        return f"{path} is missing" if field[1] != "unknown" else f"{path} is not a known key"
    for step in steps:
        kind, document = _inside(kind, document, step)
    name = display_name(".".join(step for step in steps if step != "...")) if steps else "it"
    if "..." in steps:
        name = f"each value of {name}"
    if isinstance(kind, inspect.AnyType):
        return f"{name} cannot be {_shown(document)}"
    # A typed number is text here. If it is only out of range, it is shown without quotes.
    typed = isinstance(document, str) and "got `str`" not in text and text.startswith("Expected")
    value = str(document) if typed else _shown(document)
    return f"{name} must be {_accepted(kind)}" + ("" if "..." in steps else f", not {value}")


def _inside(kind: inspect.Type, document: object, step: str) -> tuple[inspect.Type, object]:
    """The type and the value one step further in; AnyType if the type is unknown."""
    value: object = None
    with contextlib.suppress(KeyError, IndexError, TypeError, ValueError):
        value = document[int(step)] if isinstance(document, list | tuple) else document[step]  # type: ignore[index]
    for each in kind.types if isinstance(kind, inspect.UnionType) else (kind,):
        if isinstance(each, inspect.StructType) and _is_tagged(each, document):
            for field, plain in zip(each.fields, msgspec.structs.fields(each.cls), strict=True):
                if field.encode_name == step and get_origin(plain.type) is Literal:
                    # Keep the declared order: `inspect` sorts the values.
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


def _accepted(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(extra_json_schema={"description": described}):
            return str(described)
        case inspect.LiteralType(values):
            return _either([str(each) for each in values])
        case inspect.UnionType(types):
            return _either(list(dict.fromkeys(_accepted(each) for each in types)))
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
    limits = [f"{words} {_plain(bound)}" for bound, words in bounds if bound is not None]
    return f" {' and '.join(limits)}" if limits else ""


def _plain(number: float) -> str:
    """A number without an exponent if that is short: 0.000001."""
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
