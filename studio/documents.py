"""Small JSON and TOML files from outside, and what a person typed, as frozen structs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from studio.errors import ConfigError, StudioError
from studio.files import read_regular
from studio.reasons import UNREADABLE, reason

T = TypeVar("T")
# Bytes: many times what any of these files needs.
LARGEST = 2**22


def read_json(path: Path, kind: type[T], error: type[StudioError], remedy: str) -> T:
    """Read a JSON file; raises `error`, which names the file, the key and the remedy."""
    return _read(path, kind, msgspec.json.decode, error, remedy)


def read_toml(path: Path, kind: type[T], error: type[StudioError], remedy: str) -> T:
    """Read a TOML file; raises `error`, which names the file, the key and the remedy."""
    return _read(path, kind, msgspec.toml.decode, error, remedy)


def converted(
    document: object, kind: type[T], named: Callable[[str], str] = str, strict: bool = True
) -> T:
    """What a person chose, as a `kind`; raises ConfigError that names the key as `named` does.

    Where not `strict`, numbers may be text, as they were typed.
    """
    try:
        return msgspec.convert(document, kind, strict=strict)
    except UNREADABLE as problem:
        raise ConfigError(f"{reason(problem, kind, document, named)}.") from problem


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
        raise error(f"{path} cannot be used: {words}. {remedy}") from problem
