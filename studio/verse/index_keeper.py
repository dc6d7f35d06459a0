"""Keeps the index of the corpus at hand, and never makes anyone wait for it.

The first opening may take seconds, for it builds the index: that is done on a thread of its own.
"""

import contextlib
import threading
from pathlib import Path

from studio.errors import StudioError
from studio.verse.novelty import Novelty


class IndexKeeper:
    """Opens the index of the library at a path, and opens it anew when the library changes."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._opened: Novelty | None = None
        # The library that the index is of, or is being built of, and the thread that does it.
        self._of: tuple[int, int] | None = None
        self._building: threading.Thread | None = None

    def now(self) -> Novelty | None:
        """The index, for the thread that asks; None while it is being built or cannot be."""
        if self._of != (there := self._stamp()):
            self.close()
            self._of = there
            self._building = threading.Thread(target=self._build, name="index", daemon=True)
            self._building.start()
        if self._building and not self._building.is_alive():
            self._building = None
            # It is on disk now, so this is quick. It stays with the thread that opened it.
            with contextlib.suppress(StudioError, OSError):
                self._opened = Novelty.find(self._library)
        return self._opened

    def close(self) -> None:
        """Let go of the index."""
        if self._opened:
            self._opened.close()
        self._opened = None

    def _build(self) -> None:
        with contextlib.suppress(StudioError, OSError):
            if built := Novelty.find(self._library):
                built.close()

    def _stamp(self) -> tuple[int, int]:
        """What tells a library from the next: it is replaced as a whole, never changed."""
        try:
            stat = self._library.stat()
        except OSError:
            return (0, 0)
        return (stat.st_size, stat.st_mtime_ns)
