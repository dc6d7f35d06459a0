"""The published corpora: package, version, files and their checksums, read from data/."""

import re
import shlex
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import msgspec

from studio import paths
from studio.errors import CorpusError
from studio.translation import tr

_CHECKSUM = re.compile(r"([0-9a-f]{64})  (\S+)")


class Corpus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of data/corpora.toml, with the sha256 of each of its files."""

    name: str
    package: str
    version: str
    license: str
    folder: str
    pattern: str
    records: int
    integrity: str
    mirror: str
    checksums: dict[str, str] = {}

    @property
    def specifier(self) -> str:
        """The package with its version, as npm writes it."""
        return f"{self.package}@{self.version}"

    @property
    def source(self) -> str:
        """The package and its files; a library records it as its source."""
        return f"{self.specifier} {self.pattern}"


class _Corpora(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    corpus: tuple[Corpus, ...]


@cache
def published_corpora() -> tuple[Corpus, ...]:
    """All published corpora; the first is the complete Tang poems.

    Raises CorpusError if the shipped data is damaged.
    """
    path = paths.data() / "corpora.toml"
    try:
        known = msgspec.toml.decode(path.read_bytes(), type=_Corpora).corpus
    except (OSError, msgspec.MsgspecError) as error:
        raise CorpusError(_unreadable(path, error)) from error
    return tuple(
        msgspec.structs.replace(
            each, checksums=_read_checksums(paths.data() / f"{each.name}.sha256", each.pattern)
        )
        for each in known
    )


def published_corpus(name: str = "") -> Corpus:
    """A corpus by its name; "" is the complete Tang poems.

    Raises CorpusError that lists the names if it is unknown, or if the shipped data is damaged.
    """
    known = published_corpora()
    corpus = next((each for each in known if name in ("", each.name)), None)
    if corpus is None:
        names = tr(", ").join(each.name for each in known)
        raise CorpusError(
            tr(
                "There is no corpus called {name!r}. The published ones are {names}.",
                name=name,
                names=names,
            )
        )
    return corpus


def corpus_from(source: str) -> Corpus | None:
    """The corpus that a library was built from; None for poems of one's own."""
    return next((each for each in published_corpora() if each.source == source), None)


def public_name(source: str) -> str:
    """What a library was built from; a file of the user's own is named without its folder."""
    return source if corpus_from(source) else Path(source).name


def corpus_command(action: str, corpus: Corpus, beside: bool, *options: str) -> str:
    """The command that fetches or builds a corpus, as the library or beside it."""
    named = ["--corpus", corpus.name, *(["--beside"] if beside else [])]
    return shlex.join(["tangshi-studio", "corpus", action, *options, *named])


def _read_checksums(path: Path, pattern: str) -> dict[str, str]:
    """File name -> checksum, from a list made by `sha256sum`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise CorpusError(_unreadable(path, error)) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _CHECKSUM.fullmatch(line)
        if match is None or not fnmatch(match[2], pattern):
            raise CorpusError(
                tr(
                    "{path}, line {line} is damaged. Install the studio again.",
                    path=path,
                    line=number,
                )
            )
        found[match[2]] = match[1]
    return found


def _unreadable(path: Path, error: Exception) -> str:
    return tr("{path} cannot be read: {reason}. Install the studio again.", path=path, reason=error)
