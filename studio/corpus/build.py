"""From raw records to a library file: clean, merge, count, write."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

from studio.corpus.cleaning import OVERLONG, RejectedError, clean, clean_label
from studio.corpus.failures import write_errors
from studio.corpus.long_lines import LongLine, long_lines, with_lost_stops
from studio.corpus.poem import Poem, Script, split_of, verse_lines
from studio.corpus.records import BadRecord, Record
from studio.corpus.schema import APPLICATION, INDICES, TABLES, VERSION
from studio.corpus.script import fully_simplified, simplified
from studio.corpus.statistics import Account, Statistics, compute, length_of
from studio.errors import CorpusError
from studio.files import replacing
from studio.prosody.forms import shape_of

# Told what is being done, how much of it is done and how much there is (0: unknown). It may raise
# to abandon the work, which then leaves nothing half done behind.
Progress = Callable[[str, int, int], None]


def no_progress(stage: str, done: int, total: int) -> None:
    """A progress callback that tells nobody."""


class _Accounts:
    """What becomes of each record."""

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

    It is written in one transaction into a new file, which then takes the place of the old one.
    `expected` is the number of records for the progress, 0 where unknown. Raises CorpusError where
    not one poem is left.
    """
    accounts = _sort_out(records, script, expected, progress)
    if not accounts.poems:
        reasons = Counter(reason for _, reason in accounts.rejected)
        told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        raise CorpusError(
            f"{source} holds no poem that can be kept"
            f"{f' (rejected: {told})' if told else ''}. {_advice(reasons)}"
        )
    progress("counting", 0, 0)
    statistics = compute(accounts.poems, source, script, accounts.account())
    _write(path, accounts, statistics, partial(progress, "writing the library", 0, 0))
    return statistics


def _sort_out(
    records: Iterable[Record], script: Script, expected: int, progress: Progress
) -> _Accounts:
    accounts = _Accounts()
    seen: dict[str, int] = {}
    for record in records:
        if accounts.read % 1000 == 0:
            progress("cleaning", accounts.read, expected)
        accounts.read += 1
        if isinstance(record, BadRecord):
            accounts.rejected.append((record.source, record.reason))
            continue
        try:
            cleaned = clean(record.text)
            original = with_lost_stops(cleaned)
        except RejectedError as rejected:
            accounts.rejected.append((record.source, str(rejected)))
            if str(rejected) == OVERLONG:
                accounts.long_lines.append(LongLine(record.source, rejected.found, "rejected"))
            continue
        accounts.long_lines += long_lines(cleaned, original, record.source)
        converted = simplified(original)
        text = converted if script == "simplified" else original
        if text in seen:
            accounts.merged.append((record.source, seen[text]))
            continue
        seen[text] = len(seen) + 1
        title, author = clean_label(record.title), clean_label(record.author)
        accounts.poems.append(
            Poem(
                title=simplified(title) if script == "simplified" else title,
                author=simplified(author) if script == "simplified" else author,
                text=text,
                original=original,
                form=shape_of(verse_lines(text)),
                split=split_of(fully_simplified(original)),
                source=record.source,
                id=seen[text],
            )
        )
    progress("cleaning", accounts.read, accounts.read)
    return accounts


def _write(
    path: Path, accounts: _Accounts, statistics: Statistics, heartbeat: Callable[[], None]
) -> None:
    heartbeat()
    stopped: list[BaseException] = []

    def watch() -> int:
        """Called by SQLite in the middle of a long statement; another answer than 0 ends it."""
        try:
            heartbeat()
        except BaseException as error:
            stopped.append(error)
        return len(stopped)

    try:
        with write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with write_errors(path), replacing(path) as file:
            # The file is locked already. On a network's disk SQLite's own locks would wait for it.
            address = f"{Path(file.name).resolve().as_uri()}?nolock=1"
            with contextlib.closing(
                sqlite3.connect(address, uri=True, isolation_level=None)
            ) as connection:
                connection.set_progress_handler(watch, 1000)
                _fill(connection, accounts, statistics)
    except CorpusError as error:
        raise (stopped or [error])[0] from error.__cause__


def _fill(connection: sqlite3.Connection, accounts: _Accounts, statistics: Statistics) -> None:
    # A crash leaves only a temporary file behind: no journal is needed to undo it. Sorting in
    # memory needs no room on another disk.
    connection.executescript(
        f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
        f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
    )
    connection.execute("BEGIN")
    _execute_all(connection, TABLES)
    connection.executemany(
        "INSERT INTO poems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, accounts.poems)
    )
    connection.executemany("INSERT INTO rejected VALUES (?, ?)", accounts.rejected)
    connection.executemany("INSERT INTO merged VALUES (?, ?)", accounts.merged)
    connection.execute(
        "INSERT INTO facts VALUES ('statistics', ?)", (msgspec.json.encode(statistics),)
    )
    _execute_all(connection, INDICES)
    connection.execute("COMMIT")


def _execute_all(connection: sqlite3.Connection, script: str) -> None:
    """Run statements inside the open transaction (`executescript` would commit it first)."""
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
        poem.lines[0],
        poem.source,
        poem.text,
        poem.original,
    )


def _advice(reasons: Counter[str]) -> str:
    if reasons.most_common(1)[:1] == [("not UTF-8", reasons.total())]:
        return "Convert the file, for example with iconv -f GB18030 -t UTF-8."
    return (
        "It takes JSON in the shape of chinese-poetry, title:content lines, a poem a line, or "
        "verse over several lines, each poem below its title and poet."
    )
