"""Small JSON and TOML files, and typed values, decoded into frozen structs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from studio.errors import ConfigError, StudioError
from studio.files import read_regular
from studio.reasons import UNREADABLE, reason
from studio.translation import tr

T = TypeVar("T")
LARGEST = 2**22  # bytes; many times the size of any of these files


def read_json(path: Path, kind: type[T], error: type[StudioError], remedy: str) -> T:
    """Read a JSON file; raises `error`, which names the file, the key and the remedy."""
    return _read(path, kind, msgspec.json.decode, error, remedy)


def read_toml(
    path: Path,
    kind: type[T],
    error: type[StudioError],
    remedy: str,
    complete: Callable[[dict[str, Any]], None] = lambda document: None,
) -> T:
    """Read a TOML file; raises `error`, which names the file, the key and the remedy.

    `complete` adds what files of older versions lack.
    """

    def decode(content: bytes) -> dict[str, Any]:
        document: dict[str, Any] = msgspec.toml.decode(content)
        complete(document)
        return document

    return _read(path, kind, decode, error, remedy)


def converted(
    document: object, kind: type[T], display_name: Callable[[str], str] = str, strict: bool = True
) -> T:
    """The user's values as a `kind`; raises ConfigError that names the key.

    `display_name` turns a key into the name that the user knows. Unless `strict`, numbers may be
    text, as they were typed.
    """
    try:
        return msgspec.convert(document, kind, strict=strict)
    except UNREADABLE as problem:
        words = reason(problem, kind, document, display_name)
        raise ConfigError(tr("{problem}.", problem=words)) from problem


def _read(
    path: Path,
    kind: type[T],
    decode: Callable[[bytes], Any],
    error: type[StudioError],
    remedy: str,
) -> T:
    document: object = None
    try:
        document = decode(read_regular(path, LARGEST))
        return msgspec.convert(document, kind)
    except UNREADABLE as problem:
        words = reason(problem, kind, document)
        raise error(
            tr("{path} cannot be used: {reason}. {remedy}", path=path, reason=words, remedy=remedy)
        ) from problem
