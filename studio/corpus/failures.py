"""Errors of the disk and of SQLite, as CorpusErrors that name the file and the remedy."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from studio.corpus.manifest import corpus_command, published_corpora
from studio.errors import CorpusError
from studio.reasons import system_reason
from studio.translation import tr

# SQLite's primary result codes.
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NOT_ALLOWED = (sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


def how_to_rebuild(path: Path, is_known: bool = False) -> str:
    """The command that builds the library at `path` again, as a sentence.

    `is_known`: the library says what it was built from, and the command finds it there.
    """
    command = "tangshi-studio corpus build" if is_known else ""
    for corpus in published_corpora():
        if path.stem == corpus.name:
            command = corpus_command("build", corpus, beside=True)
    if command:
        return tr("Run `{command}` to build it again.", command=command)
    return tr(
        "Run `tangshi-studio corpus build`, with --from PATH for your own poems, to build it again."
    )


@contextlib.contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Raise errors while writing `path`, or the files it is made from, as CorpusError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CorpusError(
            tr(
                "{path} cannot be used: {reason}. Check its permissions and the free space on its "
                "disk, and try again. The previous file is unchanged.",
                path=_file(error, path),
                reason=_reason(error),
            )
        ) from error


@contextlib.contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Raise errors while reading the library at `path` as CorpusError."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except (OSError, sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _LOCKED:
            remedy = tr("Another program is writing to it. Close that program and try again.")
        elif code in _NOT_ALLOWED or isinstance(error, OSError):
            remedy = tr("Check its permissions and try again.")
        else:
            remedy = how_to_rebuild(path)
        raise CorpusError(
            tr(
                "{path} cannot be read as a library of poems: {reason}. {remedy}",
                path=path,
                reason=_reason(error),
                remedy=remedy,
            )
        ) from error


def _file(error: Exception, path: Path) -> str:
    """The file that an error is about; for a rename, its target."""
    return str(getattr(error, "filename2", None) or getattr(error, "filename", None) or path)


def _reason(error: Exception) -> str:
    return system_reason(error) if isinstance(error, OSError) else str(error)
