"""Readers: a file or folder of poems -> raw records, each with the place it came from.

Known formats are told apart by their beginning: JSON in the shape of chinese-poetry (an array, or
one object a line), and plain text. All that read poems which people bring read them here.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path

from studio.corpus.json_records import read_json
from studio.corpus.records import Record
from studio.corpus.text_records import read_text
from studio.errors import CorpusError
from studio.files import read_regular
from studio.reasons import reason

SUFFIXES = (".json", ".jsonl", ".ndjson", ".txt")
LARGEST = 2**30  # bytes of a file
_SAMPLED = 4096
# A poem may begin with a bracket too.
_JSON = re.compile(r'\s*(?:\{|\[\s*(?:[\[{"\]]|\Z))')
# The longer marks first: that of UTF-32 begins as that of UTF-16 does.
_MARKS = {
    BOM_UTF32_LE: "UTF-32",
    BOM_UTF32_BE: "UTF-32",
    BOM_UTF16_LE: "UTF-16",
    BOM_UTF16_BE: "UTF-16",
}
# ASCII that texts hold. 0 is left out: with a zero byte it may be the wide space too.
_FREQUENT = b'\t\n\r ,.:;"[]{}'


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
    """All records of one file, good and bad; raises CorpusError where it cannot be read."""
    try:
        content = read_regular(path, LARGEST)
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read: {reason(error)}. Check its permissions, or name another file."
        ) from error
    yield from records(content, path.name.encode("utf-8", "replace").decode())


def records(content: bytes, name: str) -> Iterator[Record]:
    """All records of a file's content, good and bad; raises CorpusError for UTF-16 and UTF-32."""
    if encoding := _wide_encoding(content):
        raise CorpusError(
            f"{name} is written in {encoding}, not in UTF-8. Convert it, for example with "
            f"iconv -f {encoding} -t UTF-8 FILE > NEWFILE."
        )
    # Bytes that are not UTF-8 become lone surrogates, so that only their own records are rejected.
    text = content.decode("utf-8-sig", "surrogateescape")
    reader = read_json if _JSON.match(text) else read_text
    yield from reader(text, name)


def _wide_encoding(content: bytes) -> str:
    """UTF-16 or UTF-32 by their mark, or by ASCII with a zero byte at its side; else empty."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    head = content[:_SAMPLED]
    # A stray zero byte does not make a text in UTF-8 one in UTF-16.
    if _is_utf8(head) and 4 * head.count(0) < len(head):
        return ""
    pairs = list(zip(head[::2], head[1::2], strict=False))
    little = sum(not second and first in _FREQUENT for first, second in pairs)
    big = sum(not first and second in _FREQUENT for first, second in pairs)
    if little == big:
        return ""
    return "UTF-16LE" if little > big else "UTF-16BE"


def _is_utf8(head: bytes) -> bool:
    """Whether this is the beginning of a text in UTF-8."""
    try:
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers by their size: by length, then digit by digit, for they may be of any length."""
    parts = re.split(r"(\d+)", name)
    parts[1::2] = [part.lstrip("0") for part in parts[1::2]]
    return [(len(part) if at % 2 else -1, part) for at, part in enumerate(parts)]
