"""Readers: a file or folder of poems -> raw records, each with the place it came from.

Known formats, told apart by their content: JSON in the shape of chinese-poetry (an array, or one
object a line), `title:content` a line, one poem a line.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from studio.errors import CorpusError

MALFORMED = "malformed record"
SUFFIXES = (".json", ".jsonl", ".ndjson", ".txt")

Format = Literal["json", "json lines", "titled lines", "plain lines"]


class RawPoem(msgspec.Struct, frozen=True):
    """A record as it was read. `source` names file, line and, in an array, the record."""

    title: str
    author: str
    text: str
    source: str


class BadRecord(msgspec.Struct, frozen=True):
    """A record that could not be read."""

    source: str
    reason: str


Record = RawPoem | BadRecord

_decoder = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")
_NEXT_RECORD = re.compile(r"\}\s*,\s*(?=\{)")


def files_of(path: Path) -> list[Path]:
    """The files to read: the path itself, or a folder's, in natural order (2 before 10).

    Raises CorpusError where there is nothing that a reader knows.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise CorpusError(f"There is no file or folder {path}. Check the path.")
    found = [each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file()]
    if not found:
        raise CorpusError(
            f"{path} holds no poems that a reader knows. It takes files ending in "
            f"{', '.join(SUFFIXES)}."
        )
    return sorted(found, key=lambda each: _natural(str(each)))


def read(path: Path) -> Iterator[Record]:
    """All records of one file, good and bad; raises CorpusError where it cannot be opened."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}.") from error
    # Bytes that are not UTF-8 become lone surrogates, so that only their own records are rejected.
    text = content.decode("utf-8-sig", "surrogateescape")
    readers = {
        "json": _json_array,
        "json lines": _json_lines,
        "titled lines": _titled_lines,
        "plain lines": _plain_lines,
    }
    name = path.name.encode("utf-8", "replace").decode()
    yield from readers[format_of(text)](text, name)


def format_of(text: str) -> Format:
    """Tell the formats apart by their beginning."""
    start = text.lstrip()[:1]
    if start == "[":
        return "json"
    if start == "{":
        return "json lines"
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:100]
    titled = sum(":" in line for line in lines)
    return "titled lines" if titled * 2 > len(lines) else "plain lines"


def _json_array(text: str, name: str) -> Iterator[Record]:
    """Decode record by record: a broken one costs itself, not the file."""
    position = _skip(text, text.index("[") + 1)
    line, counted, number = 1, 0, 0
    while position < len(text) and text[position] != "]":
        number += 1
        line += text.count("\n", counted, position)
        counted = position
        source = f"{name}, line {line}, record {number}"
        try:
            value, end = _decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield BadRecord(source, MALFORMED)
            following = _NEXT_RECORD.search(text, position + 1)
            end = following.end() if following else len(text)
        else:
            yield _record(value, source)
        position = _skip(text, end)


def _json_lines(text: str, name: str) -> Iterator[Record]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        yield _record(value, f"{name}, line 1")
        return
    for number, line in _lines(text):
        source = f"{name}, line {number}"
        try:
            yield _record(json.loads(line), source)
        except (ValueError, RecursionError):
            yield BadRecord(source, MALFORMED)


def _titled_lines(text: str, name: str) -> Iterator[Record]:
    for number, line in _lines(text):
        source = f"{name}, line {number}"
        title, colon, content = line.partition(":")
        yield RawPoem(title, "", content, source) if colon else BadRecord(source, MALFORMED)


def _plain_lines(text: str, name: str) -> Iterator[Record]:
    for number, line in _lines(text):
        yield RawPoem("", "", line, f"{name}, line {number}")


def _record(value: Any, source: str) -> Record:
    match value:
        case {"paragraphs": list(paragraphs)} if all(isinstance(each, str) for each in paragraphs):
            title, author = value.get("title", ""), value.get("author", "")
            if isinstance(title, str) and isinstance(author, str):
                return RawPoem(title, author, "".join(paragraphs), source)
    return BadRecord(source, MALFORMED)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
