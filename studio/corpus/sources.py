"""Reading files of poems into raw records, each with its source.

The format is recognised by the beginning of the file: JSON as in chinese-poetry (an array, or one
object per line), a table with the names of its columns, or plain text, which may be Markdown.
Every command that reads the user's own poems uses this module.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from studio.corpus.json_records import read_json
from studio.corpus.markdown_text import SUFFIXES as MARKDOWN
from studio.corpus.markdown_text import without_markdown
from studio.corpus.poem import is_han
from studio.corpus.records import Record
from studio.corpus.table_records import is_table, read_table
from studio.corpus.text_records import read_text
from studio.errors import CorpusError
from studio.files import read_regular
from studio.prosody.parallelism import common_words
from studio.reasons import reason
from studio.translation import tr

SUFFIXES = (".json", ".jsonl", ".ndjson", ".txt")
LARGEST = 2**30  # bytes of a file
_SAMPLED = 4096
_GUESSED = 2**20  # bytes by which GB18030 and Big5 are recognised
# Plain text may begin with a bracket too.
_JSON = re.compile(r'\s*(?:\{|\[\s*(?:[\[{"\]]|\Z))')
# UTF-32 comes first: its byte order mark begins with that of UTF-16.
_MARKS = {
    BOM_UTF32_LE: "UTF-32",
    BOM_UTF32_BE: "UTF-32",
    BOM_UTF16_LE: "UTF-16",
    BOM_UTF16_BE: "UTF-16",
}
# Frequent ASCII characters. "0" is left out: with a zero byte it may be the ideographic space.
_FREQUENT = b'\t\n\r ,.:;"[]{}'


def files_of(path: Path) -> list[Path]:
    """The files to read: the path itself, or the files in a folder, in natural order (2 before 10).

    Hidden files in a folder are left out. Raises CorpusError if there is no file in a known format.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        if path.exists():
            raise CorpusError(
                tr(
                    "{path} is neither a file nor a folder. Write the poems to a file, and name "
                    "it.",
                    path=path,
                )
            )
        raise CorpusError(tr("There is no file or folder {path}. Check the path.", path=path))
    found = [
        each
        for each in path.rglob("*")
        if each.suffix.lower() in SUFFIXES and not _is_hidden(each, path) and each.is_file()
    ]
    if not found:
        raise CorpusError(
            tr(
                "{path} has no files of poems. Their names must end in {endings}.",
                path=path,
                endings=tr(", ").join(SUFFIXES),
            )
        )
    return sorted(found, key=lambda each: _natural(str(each)))


def _is_hidden(file: Path, folder: Path) -> bool:
    """Whether a file, or a folder around it, begins with a dot, such as ._poems.txt from a Mac."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def read(path: Path) -> Iterator[Record]:
    """All records of one file, valid or not; raises CorpusError if the file cannot be read."""
    try:
        content = read_regular(path, LARGEST)
    except FileNotFoundError as error:
        raise CorpusError(tr("There is no file {path}. Check the path.", path=path)) from error
    except OSError as error:
        raise CorpusError(
            tr(
                "{path} cannot be read: {reason}. Check its permissions, or name another file.",
                path=path,
                reason=reason(error),
            )
        ) from error
    # Several files in a folder may have the same name.
    check_encoding(content, str(path))
    yield from _decoded(content, path.name.encode("utf-8", "replace").decode())


def records(content: bytes, name: str) -> Iterator[Record]:
    """All records of a file's content, valid or not.

    Raises CorpusError for a file in UTF-16, UTF-32, GB18030 or Big5.
    """
    check_encoding(content, name)
    return _decoded(content, name)


def _decoded(content: bytes, name: str) -> Iterator[Record]:
    # Bytes that are not UTF-8 become lone surrogates, so that only records with them are rejected.
    text = content.decode("utf-8-sig", "surrogateescape")
    if _JSON.match(text):
        yield from read_json(text, name)
    elif is_table(text, name):
        yield from read_table(text, name)
    else:
        is_markdown = name.lower().endswith(MARKDOWN)
        yield from read_text(without_markdown(text) if is_markdown else text, name)


def check_encoding(content: bytes, name: str) -> None:
    """Raise CorpusError, with the remedy, for content in UTF-16, UTF-32, GB18030 or Big5."""
    if encoding := _wide_encoding(content):
        raise CorpusError(
            tr(
                "{name} is written in {encoding}, not in UTF-8. {remedy}",
                name=name,
                encoding=encoding,
                remedy=_conversion(encoding),
            )
        )
    if encoding := _chinese_encoding(content):
        raise CorpusError(
            tr(
                "{name} is not in UTF-8; it seems to be in {encoding}. {remedy}",
                name=name,
                encoding=encoding,
                remedy=_conversion(encoding),
            )
        )


def _wide_encoding(content: bytes) -> str:
    """UTF-16 or UTF-32, found by the byte order mark or by ASCII beside zero bytes; else empty."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    head = content[:_SAMPLED]
    # A text in UTF-8 may have a few zero bytes.
    if _is_utf8(head) and 4 * head.count(0) < len(head):
        return ""
    pairs = list(zip(head[::2], head[1::2], strict=False))
    little = sum(not second and first in _FREQUENT for first, second in pairs)
    big = sum(not first and second in _FREQUENT for first, second in pairs)
    if little == big:
        return ""
    return "UTF-16LE" if little > big else "UTF-16BE"


def _conversion(encoding: str) -> str:
    return tr(
        "Convert it, for example with iconv -f {encoding} -t UTF-8 FILE > NEWFILE.",
        encoding=encoding,
    )


def _chinese_encoding(content: bytes) -> str:
    """GB18030 or Big5 if the bytes are Chinese text in it, and hardly any is valid UTF-8.

    Else empty. Text in UTF-8 with a few damaged bytes may be valid in either too, but it has many
    Chinese characters when it is read as UTF-8. Text in one of the two is mostly valid in the
    other, but without the characters of frequent words.
    """
    head = content[:_GUESSED]
    if _is_utf8(head):
        return ""
    guessed: dict[str, str] = {}
    for encoding in ("GB18030", "Big5"):
        with suppress(UnicodeDecodeError):
            guessed[encoding] = getincrementaldecoder(encoding)().decode(head)
    frequent = frozenset("".join(common_words()))
    found = max(
        guessed, key=lambda each: sum(map(frequent.__contains__, guessed[each])), default=""
    )
    as_utf8 = _han_count(head.decode("utf-8", "ignore"))
    return found if found and _han_count(guessed[found]) > 10 * as_utf8 else ""


def _han_count(text: str) -> int:
    return sum(map(is_han, text))


def _is_utf8(head: bytes) -> bool:
    """Whether the bytes are the beginning of a text in UTF-8."""
    try:
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _natural(name: str) -> list[tuple[int, str]]:
    """A sort key that compares numbers by value: by length, then digit by digit, at any length."""
    parts = re.split(r"(\d+)", name)
    parts[1::2] = [part.lstrip("0") for part in parts[1::2]]
    return [(len(part) if at % 2 else -1, part) for at, part in enumerate(parts)]
