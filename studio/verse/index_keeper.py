"""Keeps the indexes of what may be copied open, without blocking the caller.

The first opening builds an index and may take seconds, so it runs on its own thread.
"""

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import StudioError
from studio.paths import Home

if TYPE_CHECKING:
    from studio.verse.copies import Copies
    from studio.verse.novelty import Novelty

# The identity of a library that does not exist.
_MISSING = (0, 0)


class CopyIndexes:
    """The indexes of the library, and of the ci beside it, if they were fetched."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._keepers = {path: IndexKeeper(path) for path in (home.library, home.ci)}

    def prepare(self) -> None:
        """Start to open the indexes, so that they are available for the first poem."""
        for keeper in self._keepers.values():
            keeper.current()

    def current(self, form: str) -> "Copies | None":
        """What a poem of a form may be copied from, for the calling thread only.

        None while an index is built, or if there is none.
        """
        # Imported here: they need numpy, and the studio's first frame does not.
        from studio.verse.copies import copies_in, libraries_of

        keepers = [self._keepers[path] for path in libraries_of(self._home, form)]
        found = [keeper.current() for keeper in keepers]
        return None if any(keeper.is_building for keeper in keepers) else copies_in(found)

    def close(self) -> None:
        """Close the indexes."""
        for keeper in self._keepers.values():
            keeper.close()


class IndexKeeper:
    """Opens the index of the library at a path, and reopens it when the library changes."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._index: Novelty | None = None
        # The library that the index belongs to, and the thread that builds the index.
        self._identity: tuple[int, int] | None = None
        self._building: threading.Thread | None = None

    def current(self) -> "Novelty | None":
        """The index, for the calling thread only; None while it is built or if it cannot be."""
        if self._identity != (current := self._stamp()):
            self.close()
            self._identity = current
            self._building = None
            if current != _MISSING:
                self._building = threading.Thread(target=self._build, name="index", daemon=True)
                self._building.start()
        if self._building and not self._building.is_alive():
            self._building = None
            # It is on disk now, so this is fast. Only the thread that opens it may use it.
            with contextlib.suppress(StudioError, OSError):
                self._index = _find(self._library)
        return self._index

    @property
    def is_building(self) -> bool:
        """Whether the index will be available soon."""
        return self._building is not None

    def close(self) -> None:
        """Close the index."""
        if self._index:
            self._index.close()
        self._index = None

    def _build(self) -> None:
        with contextlib.suppress(StudioError, OSError):
            if built := _find(self._library):
                built.close()

    def _stamp(self) -> tuple[int, int]:
        """The size and time of the library file: it is always replaced as a whole."""
        try:
            stat = self._library.stat()
        except OSError:
            return _MISSING
        return (stat.st_size, stat.st_mtime_ns)


def _find(library: Path) -> "Novelty | None":
    from studio.verse.novelty import Novelty

    return Novelty.find(library)
