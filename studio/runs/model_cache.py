"""The models that the worker writes with: the run in training, or the last one read from disk."""

from pathlib import Path
from typing import TYPE_CHECKING

from studio.paths import Home, model_description

if TYPE_CHECKING:
    from studio.runs.session import TrainingSession
    from studio.verse.writer import Writer


class ModelCache:
    """Keeps the last model that was read from disk. Imports torch once a model is asked for."""

    def __init__(self, home: Home) -> None:
        self._home = home
        # With the identity of its file: its folder, inode and time of change.
        self._loaded: tuple[tuple[Path, int, int], Writer] | None = None

    def writer(self, model: str, session: "TrainingSession | None") -> "Writer":
        """A writer with the current weights of the run in training, or with a model from disk.

        "auto" is the run in training only once it has learnt something. Raises RunError that names
        the choices if there is no such model.
        """
        from studio.runs.loading import has_learnt, load_writer, locate

        if session:
            auto = model == "auto" and has_learnt(session.perplexity)
            if auto or model == session.run.name:
                return session.writer()
        folder, name = locate(self._home, model)
        # A run that was deleted and trained again has other weights under the same path.
        found = model_description(folder).stat()
        key = folder, found.st_ino, found.st_mtime_ns
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = (key, load_writer(folder, name))
        return self._loaded[1]
