"""The poems in one SQLite file: full-text search, pages of a sorted list, statistics."""

import contextlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from studio.corpus.cleaning import plain_label, tidy
from studio.corpus.failures import how_to_rebuild, read_errors
from studio.corpus.poem import About, Poem, Script, Split
from studio.corpus.schema import APPLICATION, VERSION
from studio.corpus.script import folded, simplified, traditional_phrase
from studio.corpus.statistics import Counted, Counts, Statistics, count_poems
from studio.errors import CorpusError
from studio.translation import tr

Sort = Literal["source", "length", "poet"]

_ORDER = {
    "source": "id",
    "length": "length, id",
    "poet": "poet_key, id",
}
# The columns of a `Poem` and of a `PoemRow`.
_POEM = "title, author, text, original, form, split, source, id"
_ROW = "id, title, author, form, first_line, length"

# What SQLite holds in an integer.
LARGEST = 2**63 - 1


class Built(msgspec.Struct, frozen=True):
    """What a library was built from, and how many poems it has."""

    source: str
    script: Script
    poems: int


def built_from(path: Path) -> Built | None:
    """What the library at `path` was built from, by any version; None if it cannot be read."""
    with contextlib.suppress(OSError, sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError):
        if path.is_file():
            where = f"{path.resolve().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(where, 1.0, uri=True)) as connection:
                facts = connection.execute("SELECT value FROM facts WHERE name = 'statistics'")
                return msgspec.json.decode((facts.fetchone() or [b""])[0], type=Built)
    return None


class Query(msgspec.Struct, frozen=True):
    """The poems to find. An empty field allows all.

    All of `words`, separated by spaces, must be in the text or the title. `poet` is a poet's name,
    or a part of it if no poet has exactly that name.
    """

    words: str = ""
    form: str = ""
    poet: str = ""
    split: Split | Literal[""] = ""


class PoemRow(msgspec.Struct, frozen=True):
    """A poem as a row of a list; `length` in characters without punctuation."""

    id: int
    title: str
    author: str
    form: str
    first_line: str
    length: int


class Poet(NamedTuple):
    """A poet with the number of their poems, in all and by form, the most frequent form first."""

    name: str
    poems: int
    forms: dict[str, int]


class Library:
    """A built library, opened for reading. One thread at a time may use it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        # Identifies this build: a new build is a new file at the same path.
        found = path.stat()
        self.file = found.st_ino, found.st_mtime_ns
        self._connection = connection
        self._script = self.statistics().script

    @classmethod
    def open(cls, path: Path) -> "Library":
        """Open the file; raises CorpusError that says how to create or repair it.

        Every method that reads the file raises it too if the file is damaged.
        """
        with read_errors(path):
            # SQLite would block on a pipe.
            if not path.is_file():
                if path.exists():
                    raise CorpusError(
                        tr(
                            "{path} is not a file. Move it away, and run "
                            "`tangshi-studio corpus fetch`.",
                            path=path,
                        )
                    )
                raise CorpusError(
                    tr(
                        "There are no poems yet: {path} does not exist. "
                        "Run `tangshi-studio corpus fetch`.",
                        path=path,
                    )
                )
            # The studio never locks the file. If another program does, wait only one second.
            connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro", 1.0, uri=True, check_same_thread=False
            )
            try:
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if (application, version) != (APPLICATION, VERSION):
                    raise CorpusError(
                        tr(
                            "{path} was built by another version of the studio. {remedy}",
                            path=path,
                            remedy=how_to_rebuild(path, built_from(path) is not None),
                        )
                    )
                return cls(path, connection)
            except BaseException:
                connection.close()
                raise

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def statistics(self) -> Statistics:
        """The statistics computed during the build."""
        rows = self._rows("SELECT value FROM facts WHERE name = 'statistics'")
        with read_errors(self.path):
            return msgspec.json.decode(rows[0][0] if rows else b"", type=Statistics)

    def counts(self, query: Query) -> Counts:
        """The figures of the poems that the query finds."""
        where, values = self._where(query)
        columns = ", ".join(Counted._fields)
        with read_errors(self.path):
            found = self._connection.execute(f"SELECT {columns} FROM poems WHERE {where}", values)
            return count_poems(map(Counted._make, found))

    def poets(self) -> list[Poet]:
        """All poets, the one with the most poems first."""
        forms = dict[str, dict[str, int]]()
        for author, form, poems in self._rows(
            "SELECT author, form, count(*) AS found FROM poems GROUP BY author, form"
            " ORDER BY found DESC, form DESC"
        ):
            forms.setdefault(author, {})[form] = poems
        poets = [Poet(name, sum(each.values()), each) for name, each in forms.items()]
        return sorted(poets, key=lambda poet: (-poet.poems, poet.name))

    def texts(self, split: Split) -> list[str]:
        """The cleaned texts of a split, punctuation included, in the order of the source."""
        rows = self._rows("SELECT text FROM poems WHERE split = ? ORDER BY id", split)
        return [text for (text,) in rows]

    def about(self, split: Split) -> list[About]:
        """What is known of each poem of a split, in the order of `texts`."""
        rows = self._rows(
            "SELECT form, title, author FROM poems WHERE split = ? ORDER BY id", split
        )
        return [About(*row) for row in rows]

    def poems(self) -> Iterator[Poem]:
        """All poems, in the order of the source."""
        with read_errors(self.path):
            for row in self._connection.execute(f"SELECT {_POEM} FROM poems ORDER BY id"):
                yield Poem(*row)

    def poem(self, number: int) -> Poem:
        """One poem by its id; raises CorpusError if there is none."""
        rows = []
        if abs(number) <= LARGEST:
            rows = self._rows(f"SELECT {_POEM} FROM poems WHERE id = ?", number)
        if not rows:
            raise CorpusError(
                tr(
                    "There is no poem {number}. The poems are numbered from 1 to {last}.",
                    number=number,
                    last=self.statistics().poems,
                )
            )
        return Poem(*rows[0])

    def ids(self, query: Query, sort: Sort = "source") -> list[int]:
        """The ids of all poems that the query finds, in order, for a scrolling list."""
        if query == Query() and sort == "source":
            # All poems. They are numbered without gaps, and reading the numbers takes a while.
            ((first, last, count),) = self._rows("SELECT min(id), max(id), count(*) FROM poems")
            if count and last - first + 1 == count:
                return [*range(first, last + 1)]
        where, values = self._where(query)
        rows = self._rows(f"SELECT id FROM poems WHERE {where} ORDER BY {_ORDER[sort]}", *values)
        return [number for (number,) in rows]

    def rows(self, ids: Sequence[int]) -> list[PoemRow]:
        """The rows of some poems, in the order of `ids`."""
        found = self._rows(
            f"SELECT {_ROW} FROM poems WHERE id IN (SELECT value FROM json_each(?))",
            msgspec.json.encode(list(ids)).decode(),
        )
        by_id = {row[0]: PoemRow(*row) for row in found}
        return [by_id[number] for number in ids]

    def search(
        self, query: Query, sort: Sort = "source", limit: int = 50, offset: int = 0
    ) -> list[Poem]:
        """One page of what the query finds."""
        where, values = self._where(query)
        rows = self._rows(
            f"SELECT {_POEM} FROM poems WHERE {where} ORDER BY {_ORDER[sort]} LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return [Poem(*row) for row in rows]

    def count(self, query: Query) -> int:
        """How many poems the query finds."""
        where, values = self._where(query)
        return int(self._rows(f"SELECT count(*) FROM poems WHERE {where}", *values)[0][0])

    def random(self, query: Query, seed: int | None = None) -> Poem | None:
        """A random poem that the query finds, the same for the same seed; None if it finds none."""
        ids = self.ids(query)
        return self.poem(random.Random(seed).choice(ids)) if ids else None

    def in_script(self, typed: str) -> str:
        """Typed text as the library has it: its script, punctuation and forms of characters.

        Invalid characters are left out.
        """
        return self.spellings(typed)[0]

    def spellings(self, typed: str) -> tuple[str, ...]:
        """Typed text as `in_script`, then also as it was typed if conversion changes it.

        The phrase decides how some characters are converted, so what is typed may be a part of
        another phrase: 乾 alone becomes 干, and the library has both 干 and 乾坤.
        """
        return self._spelled(" ".join(filter(None, map(tidy, _in_utf8(typed).split()))))

    def _label_spellings(self, typed: str) -> tuple[str, ...]:
        """The spellings, then those with all signs: titles and names keep 《》 and 、."""
        return tuple(
            dict.fromkeys((*self.spellings(typed), *self._spelled(plain_label(_in_utf8(typed)))))
        )

    def _spelled(self, text: str) -> tuple[str, ...]:
        text = folded(text)
        if self._script == "simplified":
            converted = simplified(text)
        elif text == simplified(text):
            converted = folded(traditional_phrase(text))
        else:
            # Text with a traditional character is in that script already.
            converted = text
        return tuple(dict.fromkeys((converted, text)))

    def _rows(self, statement: str, *values: str | int) -> list[Any]:
        with read_errors(self.path):
            return self._connection.execute(statement, values).fetchall()

    def _where(self, query: Query) -> tuple[str, list[str]]:
        """The query as an SQL condition and its values."""
        conditions, values = ["1"], list[str]()
        for word in query.words.split():
            if not self.in_script(word):
                continue
            spellings = self._label_spellings(word)
            # The trigram index needs at least three characters. Scanning all texts for one or two
            # takes a few hundredths of a second.
            if min(map(len, spellings)) >= 3:
                conditions.append("id IN (SELECT rowid FROM search WHERE search MATCH ?)")
                quoted = (each.replace('"', '""') for each in spellings)
                values.append(" OR ".join(f'"{each}"' for each in quoted))
            else:
                held = " OR ".join(["instr(text, ?) OR instr(title, ?)"] * len(spellings))
                conditions.append(f"({held})")
                values += [each for each in spellings for _ in ("text", "title")]
        for column in ("form", "split"):
            if value := getattr(query, column):
                conditions.append(f"{column} = ?")
                values.append(value)
        if self.in_script(query.poet):
            poets = self._label_spellings(query.poet)
            named = f"author IN ({', '.join('?' * len(poets))})"
            if not self._rows(f"SELECT 1 FROM poems WHERE {named} LIMIT 1", *poets):
                named = f"({' OR '.join(['instr(author, ?)'] * len(poets))})"
            conditions.append(named)
            values += poets
        return " AND ".join(conditions), values


def _in_utf8(typed: str) -> str:
    """Typed text without lone surrogates."""
    return typed.encode("utf-8", "ignore").decode()
