"""Building a library file from raw records: clean, merge, count, write."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

from studio.corpus.cleaning import NOT_UTF8, OVERLONG, RejectedError, clean, clean_label
from studio.corpus.failures import write_errors
from studio.corpus.long_lines import LongLine, long_lines, with_lost_stops
from studio.corpus.poem import Poem, Script, split_of, verse_lines
from studio.corpus.records import BadRecord, Record
from studio.corpus.schema import APPLICATION, INDICES, TABLES, VERSION
from studio.corpus.script import folded, fully_simplified, simplified
from studio.corpus.statistics import Account, Statistics, compute, length_of
from studio.errors import CorpusError
from studio.files import replacing
from studio.prosody.forms import shape_of
from studio.translation import tr

# Called with the stage, the amount done and the total (0: unknown). It may raise an exception to
# stop the work; nothing half done is left then.
Progress = Callable[[str, int, int], None]


def no_progress(stage: str, done: int, total: int) -> None:
    """A progress callback that does nothing."""


class _Sorted:
    """The records, sorted into poems, merged and rejected ones."""

    def __init__(self) -> None:
        self.read = 0
        self.poems: list[Poem] = []
        self.merged: list[tuple[str, int]] = []
        self.rejected: list[tuple[str, str]] = []
        self.long_lines: list[LongLine] = []

    def account(self) -> Account:
        reasons = Counter(reason for _, reason in self.rejected)
        return Account(self.read, len(self.poems), len(self.merged), dict(reasons), self.long_lines)


def build(
    path: Path,
    records: Iterable[Record],
    *,
    source: str,
    script: Script = "simplified",
    expected: int = 0,
    progress: Progress = no_progress,
) -> Statistics:
    """Build a library at `path` and return its statistics.

    It is written in one transaction to a new file, which then replaces the old one. `expected` is
    the number of records, for the progress; 0 if unknown. Raises CorpusError if no poem is left.
    """
    found = _sort_out(records, script, expected, progress)
    if not found.poems:
        reasons = Counter(reason for _, reason in found.rejected)
        counted = tr(", ").join(f"{tr(reason)} {count}" for reason, count in reasons.most_common())
        if not counted:
            raise CorpusError(
                tr(
                    "{source} has no poem that can be kept. {remedy}",
                    source=source,
                    remedy=_advice(reasons),
                )
            )
        raise CorpusError(
            tr(
                "{source} has no poem that can be kept (rejected: {reasons}). {remedy}",
                source=source,
                reasons=counted,
                remedy=_advice(reasons),
            )
        )
    progress(tr("counting"), 0, 0)
    statistics = compute(found.poems, source, script, found.account())
    _write(path, found, statistics, partial(progress, tr("writing the library"), 0, 0))
    return statistics


def _sort_out(
    records: Iterable[Record], script: Script, expected: int, progress: Progress
) -> _Sorted:
    found = _Sorted()
    seen: dict[str, int] = {}
    convert = simplified if script == "simplified" else folded
    for record in records:
        if found.read % 1000 == 0:
            progress(tr("cleaning"), found.read, expected)
        found.read += 1
        if isinstance(record, BadRecord):
            found.rejected.append((record.source, record.reason))
            continue
        try:
            cleaned = clean(record.text)
            original = with_lost_stops(cleaned)
        except RejectedError as rejected:
            found.rejected.append((record.source, str(rejected)))
            if str(rejected) == OVERLONG:
                found.long_lines.append(LongLine(record.source, rejected.found, "rejected"))
            continue
        found.long_lines += long_lines(cleaned, original, record.source)
        text = convert(original)
        if text in seen:
            found.merged.append((record.source, seen[text]))
            continue
        seen[text] = len(seen) + 1
        title, author = clean_label(record.title), clean_label(record.author)
        found.poems.append(
            Poem(
                title=convert(title),
                author=convert(author),
                text=text,
                original=original,
                form=shape_of(verse_lines(text)),
                split=split_of(fully_simplified(original)),
                source=record.source,
                id=seen[text],
            )
        )
    progress(tr("cleaning"), found.read, found.read)
    return found


def _write(
    path: Path, found: _Sorted, statistics: Statistics, heartbeat: Callable[[], None]
) -> None:
    heartbeat()
    stopped: list[BaseException] = []

    def watch() -> int:
        """SQLite calls this during a long statement; any result but 0 stops the statement."""
        try:
            heartbeat()
        except BaseException as error:
            stopped.append(error)
        return len(stopped)

    try:
        with write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with write_errors(path), replacing(path) as file:
            # The file is locked already. On a network disk SQLite's own locks would wait for it.
            address = f"{Path(file.name).resolve().as_uri()}?nolock=1"
            with contextlib.closing(
                sqlite3.connect(address, uri=True, isolation_level=None)
            ) as connection:
                connection.set_progress_handler(watch, 1000)
                _fill(connection, found, statistics)
    except CorpusError as error:
        raise (stopped or [error])[0] from error.__cause__


def _fill(connection: sqlite3.Connection, found: _Sorted, statistics: Statistics) -> None:
    # A crash leaves only a temporary file, so no journal is needed. Sorting in memory needs no
    # space on another disk.
    connection.executescript(
        f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
        f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
    )
    connection.execute("BEGIN")
    _execute_all(connection, TABLES)
    connection.executemany(
        "INSERT INTO poems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, found.poems)
    )
    connection.executemany("INSERT INTO rejected VALUES (?, ?)", found.rejected)
    connection.executemany("INSERT INTO merged VALUES (?, ?)", found.merged)
    connection.execute(
        "INSERT INTO facts VALUES ('statistics', ?)", (msgspec.json.encode(statistics),)
    )
    _execute_all(connection, INDICES)
    connection.execute("COMMIT")


def _execute_all(connection: sqlite3.Connection, script: str) -> None:
    """Run statements inside the open transaction; `executescript` would commit it first."""
    for statement in script.split(";"):
        connection.execute(statement)


def _row(poem: Poem) -> tuple[object, ...]:
    return (
        poem.id,
        poem.title,
        poem.author,
        simplified(poem.author).encode("gb18030"),
        poem.form,
        poem.split,
        length_of(poem.text),
        poem.first_line,
        poem.source,
        poem.text,
        poem.original,
    )


def _advice(reasons: Counter[str]) -> str:
    if reasons.most_common(1)[:1] == [(NOT_UTF8, reasons.total())]:
        return tr("Convert the file, for example with iconv -f GB18030 -t UTF-8.")
    return tr(
        "Accepted are JSON as in chinese-poetry, title:content lines, one poem per line, or verse "
        "over several lines with title and poet above each poem."
    )
