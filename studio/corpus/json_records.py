"""Records from JSON as in chinese-poetry: an array, or one object after another.

One pass over the brackets finds where each record begins and ends, and each record is decoded once.
So the time is linear in the size of the file, however damaged it is. Restarting a decoder after
every error would read the rest of the file each time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from studio.corpus.records import MALFORMED, BadRecord, RawPoem, Record
from studio.corpus.text_records import joined

# Up to the next bracket outside a string, or the end. A string without its closing quotation mark
# stops before a line break, and before what looks like the border of two records, so that only one
# record is lost. The quantifiers are possessive: nothing is tried twice.
_TO_BRACKET = re.compile(r'(?:[^"\[\]{}]|"(?:[^"\\\n}]|\\.|\}(?!\s*,\s*\{))*+"?)*+([\[\]{}]|\Z)')
# What the collections of chinese-poetry call the verse: the Tang and the Song, the 诗经, 纳兰性德;
# and `corpus show --json`.
_VERSE = ("paragraphs", "content", "para", "text")
_BETWEEN_RECORDS = " \t\r,"


def read_json(text: str, name: str) -> Iterator[Record]:
    """All records, valid or not, each with its line and, in an array, its number."""
    start = text.find("[") + 1 if text.lstrip().startswith("[") else 0
    line, counted = 1, 0
    for number, (begin, end) in enumerate(_spans(text, start), start=1):
        line += text.count("\n", counted, begin)
        counted = begin
        source = f"{name}, line {line}" + (f", record {number}" if start else "")
        try:
            value = json.loads(text[begin:end])
        except (ValueError, RecursionError):
            yield BadRecord(source, MALFORMED, line)
        else:
            # `corpus search --json` has its poems in one object.
            inner = value.get("poems") if isinstance(value, dict) else None
            for each in inner if isinstance(inner, list) else [value]:
                yield _record(each, source, line)


def _spans(text: str, position: int) -> Iterator[tuple[int, int]]:
    """The begin and end of each record; of anything else, only the first character."""
    stack: list[tuple[int, str]] = []
    # Complete objects inside the open record; none of them is inside another.
    inside: list[tuple[int, int]] = []
    objects = 0
    for token in _TO_BRACKET.finditer(text, position):
        bracket, at = token[1], token.start(1)
        if not stack and bracket != "}":
            yield from _between(text, position, at)
            position = at + 1
        if not bracket:
            break
        if bracket in "[{":
            stack.append((at, bracket))
            objects += bracket == "{"
            continue
        # A bracket that closes nothing is ignored; decoding will reject the record.
        if not (objects if bracket == "}" else stack and stack[-1][1] == "["):
            continue
        begin, kind = stack.pop()
        while bracket == "}" and kind == "[":
            # A list without its end is closed together with the object around it.
            begin, kind = stack.pop()
        objects -= bracket == "}"
        if not stack:
            yield begin, at + 1
            inside.clear()
            position = at + 1
        elif bracket == "}":
            while inside and inside[-1][0] > begin:
                inside.pop()
            inside.append((begin, at + 1))
    # A record without its end is lost, but the complete objects inside it are kept.
    lost = [at for depth, (at, kind) in enumerate(stack) if kind == "{" or not depth]
    yield from sorted([*((at, at + 1) for at in lost), *inside])


def _between(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The text between records, line by line."""
    for line in text[begin:end].split("\n"):
        if content := line.strip(_BETWEEN_RECORDS):
            start = begin + line.index(content[0])
            yield start, start + 1
        begin += len(line) + 1


def _record(value: Any, source: str, line: int) -> Record:
    if isinstance(value, dict):
        verse = next((value[key] for key in _VERSE if key in value), None)
        paragraphs = verse.splitlines() if isinstance(verse, str) else verse
        # A ci (词) has the name of its tune instead of a title. What is not known may be null.
        title = value.get("title") or value.get("rhythmic") or ""
        author = value.get("author") or ""
        if (
            isinstance(paragraphs, list)
            and all(isinstance(each, str) for each in paragraphs)
            and isinstance(title, str)
            and isinstance(author, str)
        ):
            return RawPoem(title, author, joined(paragraphs), source, line)
    return BadRecord(source, MALFORMED, line)
