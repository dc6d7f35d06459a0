"""The saved poems, in one file. Imports no torch, no textual."""

import contextlib
import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from studio import __version__
from studio.errors import StudioError
from studio.files import locked, sync
from studio.json_lines import append_record, read_records, write_records
from studio.translation import marked, tr
from studio.verse.request import ComposeRequest, WrittenPoem

_NONE = marked(
    "No saved poem's id begins with {name!r}. `tangshi-studio collection list` lists the ids of "
    "all {count} poems."
)
_SEVERAL = marked(
    "The ids of several saved poems begin with {name!r}. `tangshi-studio collection list` lists "
    "the ids of all {count} poems."
)


class SavedPoem(msgspec.Struct, frozen=True):
    """A poem with everything needed to write it again identically.

    `model` is the full name of the model; "" if a person wrote the poem. `program` is the studio
    and torch with their versions; it is empty in older saved poems. `saved` is ISO 8601, UTC.
    """

    poem: WrittenPoem
    request: ComposeRequest
    model: str
    saved: str
    program: str = ""

    @property
    def id(self) -> str:
        """A short, permanent name: eight hexadecimal digits."""
        identity = f"{self.poem.text}\n{self.model}\n{self.request.seed}\n{self.saved}"
        return hashlib.sha256(identity.encode()).hexdigest()[:8]

    @property
    def rewrite_request(self) -> ComposeRequest:
        """The request, with the model that wrote the poem instead of "auto" or a run."""
        return msgspec.structs.replace(self.request, model=self.model)

    def is_same(self, other: "SavedPoem") -> bool:
        """Whether poem, request and the model that wrote it are equal; the time may differ.

        The request of a poem that is written again names the model in place of "auto" or a run.
        """
        own, others = self.rewrite_request, other.rewrite_request
        return (self.poem, own) == (other.poem, others)


_decoder = msgspec.json.Decoder(SavedPoem)


def saved_now(poem: WrittenPoem, request: ComposeRequest, model: str) -> SavedPoem:
    """The poem with the current time, to the second, and the running program."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return SavedPoem(poem, request, model, now, program())


@cache
def program() -> str:
    """The studio and torch, with their versions."""
    try:
        return f"tangshi-studio {__version__}, torch {version('torch')}"
    except PackageNotFoundError:
        return f"tangshi-studio {__version__}"


class Collection:
    """The saved poems in one file of JSON Lines, in the order they were saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def poems(self) -> list[SavedPoem]:
        """All poems, oldest first; raises StudioError that names a damaged line."""
        remedy = tr("Correct or delete that line to use the collection.")
        return read_records(self.path, _decoder, StudioError, remedy)

    def find(self, name: str) -> SavedPoem:
        """The poem whose id begins with `name`; raises StudioError unless exactly one does."""
        poems = self.poems()
        found = [each for each in poems if name and each.id.startswith(name.lower())]
        if len(found) != 1:
            raise StudioError(tr(_SEVERAL if found else _NONE, name=name, count=len(poems)))
        return found[0]

    def add(self, poem: SavedPoem) -> bool:
        """Append a poem; if it is saved already, return False and write nothing.

        Raises StudioError if the file is damaged or cannot be written.
        """
        try:
            with self._locked():
                known = self.poems()
                if any(poem.is_same(other) for other in known):
                    return False
                self._append(poem, known)
        except OSError as error:
            raise StudioError(
                tr(
                    "{path} cannot be written: {error}. Nothing was saved. Free some disk space or "
                    "fix its permissions, and save again.",
                    path=self.path,
                    error=error.strerror,
                )
            ) from error
        return True

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        """A lock against other processes between reading the poems and writing them."""
        return locked(self.path.with_name(f".{self.path.name}.lock"))

    def _append(self, poem: SavedPoem, known: list[SavedPoem]) -> None:
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            # A crash cut the last line short, or an editor left out its end. The new poem must not
            # be appended to that line.
            write_records(self.path, known)
        append_record(self.path, poem)
        sync(self.path)

    def remove(self, poem: SavedPoem) -> None:
        """Delete a poem; raises StudioError if the file is damaged or cannot be written."""
        try:
            with self._locked():
                left = [other for other in self.poems() if other != poem]
                write_records(self.path, left)
        except OSError as error:
            raise StudioError(
                tr(
                    "{path} cannot be written: {error}. Nothing was deleted. Free some disk space "
                    "or fix its permissions, and delete again.",
                    path=self.path,
                    error=error.strerror,
                )
            ) from error
