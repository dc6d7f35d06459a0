"""The poems the user saved, in one file. Imports no torch, no textual."""

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
from studio.verse.request import ComposeRequest, WrittenPoem


class SavedPoem(msgspec.Struct, frozen=True):
    """A poem with all that it takes to write it again to the letter.

    `model` is the full name of what wrote it, `program` the studio and the torch that ran it (empty
    in poems saved before it was kept); `saved` is ISO 8601, UTC.
    """

    poem: WrittenPoem
    request: ComposeRequest
    model: str
    saved: str
    program: str = ""

    @property
    def id(self) -> str:
        """A short name that stays the same: eight hexadecimal digits."""
        told = f"{self.poem.text}\n{self.model}\n{self.request.seed}\n{self.saved}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    @property
    def rewrite_request(self) -> ComposeRequest:
        """The request to write it again: to the model that wrote it, whatever was asked for."""
        return msgspec.structs.replace(self.request, model=self.model)

    def is_same(self, other: "SavedPoem") -> bool:
        """Whether it is the same poem, written the same way, whenever it was saved."""
        return (self.poem, self.request, self.model) == (other.poem, other.request, other.model)


_decoder = msgspec.json.Decoder(SavedPoem)


def saved_now(poem: WrittenPoem, request: ComposeRequest, model: str) -> SavedPoem:
    """The poem with the time of day, to the second, and the program that runs."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return SavedPoem(poem, request, model, now, program())


@cache
def program() -> str:
    """What runs: the studio and torch, with their versions."""
    try:
        return f"tangshi-studio {__version__}, torch {version('torch')}"
    except PackageNotFoundError:
        return f"tangshi-studio {__version__}"


class Collection:
    """The user's poems in one file of JSON Lines, in the order they were saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def poems(self) -> list[SavedPoem]:
        """All of them, oldest first; raises StudioError that names a damaged line."""
        remedy = "Correct or delete that line to use the collection."
        return read_records(self.path, _decoder, StudioError, remedy)

    def find(self, name: str) -> SavedPoem:
        """The poem whose id begins with `name`; raises StudioError where not just one does."""
        poems = self.poems()
        found = [each for each in poems if name and each.id.startswith(name.lower())]
        if len(found) != 1:
            begun = "Several poems' ids begin" if found else "No saved poem's id begins"
            raise StudioError(
                f"{begun} with {name!r}. `tangshi-studio collection list` shows the poems "
                f"with their ids: there are {len(poems)}."
            )
        return found[0]

    def add(self, poem: SavedPoem) -> bool:
        """Append a poem; false, and nothing written, where it is there already.

        Raises StudioError where the file is damaged or cannot be written.
        """
        try:
            with self._locked():
                known = self.poems()
                if any(poem.is_same(other) for other in known):
                    return False
                self._append(poem, known)
        except OSError as error:
            raise StudioError(
                f"{self.path} cannot be written: {error.strerror}. Nothing was saved; "
                "free some room or mend its permissions, and save again."
            ) from error
        return True

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        """Between reading the poems and writing them, no other process may."""
        return locked(self.path.with_name(f".{self.path.name}.lock"))

    def _append(self, poem: SavedPoem, known: list[SavedPoem]) -> None:
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            # A crash cut the last line short: what is appended must not run on from it.
            write_records(self.path, known)
        append_record(self.path, poem)
        sync(self.path)

    def remove(self, poem: SavedPoem) -> None:
        """Take a poem out; raises StudioError where the file is damaged or cannot be written."""
        try:
            with self._locked():
                left = [other for other in self.poems() if not poem.is_same(other)]
                write_records(self.path, left)
        except OSError as error:
            raise StudioError(
                f"{self.path} cannot be written: {error.strerror}. Nothing was deleted; "
                "free some room or mend its permissions, and delete again."
            ) from error
