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
from studio.translation import marked, tr

# What reading and decoding a file can raise. msgspec's errors and UnicodeDecodeError are
# ValueErrors; deep nesting raises RecursionError, and text that no request can hold VerseError.
UNREADABLE = (OSError, ValueError, RecursionError, VerseError)

_FIELD = re.compile(r"(unknown|missing required) field `(.*)`", re.DOTALL)
_STEP = re.compile(r"\[(\d+|\.\.\.)\]|\.(\w+)")
_LONGEST = 40  # characters of a quoted value
# What systems say most often, so that it can be translated.
_OF_SYSTEMS = (
    marked("No such file or directory"),
    marked("Permission denied"),
    marked("Operation not permitted"),
    marked("No space left on device"),
    marked("Disk quota exceeded"),
    marked("Read-only file system"),
    marked("Is a directory"),
    marked("Not a directory"),
    marked("File exists"),
    marked("File name too long"),
    marked("File too large"),
    marked("Directory not empty"),
    marked("Too many open files"),
    marked("Too many levels of symbolic links"),
    marked("Input/output error"),
    marked("Invalid argument"),
    marked("Device or resource busy"),
)


def system_reason(error: OSError) -> str:
    """What the system says of an error, without a full stop."""
    return tr(error.strerror or str(error))


def file_problem(error: OSError) -> str:
    """Which file cannot be used, and the system's reason, without a full stop."""
    if error.errno is None:
        return str(error)
    path = error.filename or tr("The file")
    return tr("{path} cannot be used: {reason}", path=path, reason=system_reason(error))


def in_words(error: Exception) -> str:
    """The message of an error; a remedy is added to that of the system."""
    if not isinstance(error, OSError):
        return str(error)
    return tr(
        "{problem}. Check its permissions and the free space on its disk, and try again.",
        problem=file_problem(error),
    )


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
        return system_reason(error)
    if isinstance(error, UnicodeDecodeError):
        return tr("it is not UTF-8")
    if isinstance(error, RecursionError):
        return tr("it is nested too deeply")
    if "integer string conversion" in str(error):
        return tr("it has a number with too many digits")
    if not isinstance(error, msgspec.ValidationError):
        return str(error).removesuffix(".").removesuffix("。")
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
        if field[1] == "unknown":
            return tr("{key} is not a known key", key=path)
        return tr("{key} is missing", key=path)
    for step in steps:
        kind, document = _inside(kind, document, step)
    name = display_name(".".join(step for step in steps if step != "..."))
    accepted = _accepted(kind)
    if "..." in steps:
        if isinstance(kind, inspect.AnyType):
            return tr("each value of {key} cannot be {value}", key=name, value=_shown(document))
        return tr("each value of {key} must be {accepted}", key=name, accepted=accepted)
    if isinstance(kind, inspect.AnyType):
        if not steps:
            return tr("it cannot be {value}", value=_shown(document))
        return tr("{key} cannot be {value}", key=name, value=_shown(document))
    # A typed number is text here. If it is only out of range, it is shown without quotes.
    typed = isinstance(document, str) and "got `str`" not in text and text.startswith("Expected")
    value = str(document) if typed else _shown(document)
    if not steps:
        return tr("it must be {accepted}, not {value}", accepted=accepted, value=value)
    return tr("{key} must be {accepted}, not {value}", key=name, accepted=accepted, value=value)


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


def accepted_values(kind: Any) -> str:
    """The values that a type accepts, in words, such as "a whole number from 1 to 8,192"."""
    return _accepted(inspect.type_info(kind))


def _accepted(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(extra_json_schema={"description": described}):
            return tr(str(described))
        case inspect.LiteralType(values):
            return _either([str(each) for each in values])
        case inspect.UnionType(types):
            return _either(list(dict.fromkeys(_accepted(each) for each in types)))
        case inspect.IntType():
            return _bounded(tr("a whole number"), kind)
        case inspect.FloatType():
            return _bounded(tr("a number"), kind)
        case inspect.BoolType():
            return tr("true or false")
        case inspect.StrType():
            return tr("text")
        case inspect.NoneType():
            return "null"
        case inspect.ListType() | inspect.VarTupleType():
            return tr("a list")
    return tr("an object")


def _bounded(number: str, kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        low, high = _plain(kind.ge), _plain(kind.le)
        return tr("{number} from {low} to {high}", number=number, low=low, high=high)
    limits = []
    if kind.ge is not None:
        limits.append(tr("at least {bound}", bound=_plain(kind.ge)))
    if kind.gt is not None:
        limits.append(tr("above {bound}", bound=_plain(kind.gt)))
    if kind.le is not None:
        limits.append(tr("at most {bound}", bound=_plain(kind.le)))
    if kind.lt is not None:
        limits.append(tr("below {bound}", bound=_plain(kind.lt)))
    if not limits:
        return number
    limit = limits[0]
    if len(limits) > 1:
        limit = tr("{lower} and {upper}", lower=limits[0], upper=limits[1])
    return tr("{number} {limit}", number=number, limit=limit)


def _plain(number: float) -> str:
    """A number without an exponent if that is short: 0.000001."""
    if isinstance(number, float) and number >= 1e15:
        return f"{number:g}"
    return f"{Decimal(str(number)).normalize():,f}"


def _either(words: Sequence[str]) -> str:
    *others, last = words
    return tr("{others} or {last}", others=tr(", ").join(others), last=last) if others else last


def _shown(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return tr("an object")
        case list() | tuple():
            return tr("a list")
        case float():
            return f"{value:.12g}"
        case int() if abs(value) >= 10**20:
            return tr("a number of more than 20 digits")
        case str():
            return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")
    return str(value)
