"""What becomes of a poem that is liked: saved, copied, exported."""

from collections.abc import Callable
from pathlib import Path

from textual.app import App

from studio.collection.in_words import describe
from studio.collection.saved import Collection, SavedPoem
from studio.corpus.poem import couplets
from studio.errors import StudioError
from studio.paths import Home
from studio.tui.playground.export_screen import ExportScreen
from studio.tui.playground.model_choices import in_words


class Keeping:
    """Keeps poems for a pane of the studio, and says what came of it."""

    def __init__(self, app: App[object], home: Home, say: Callable[[str, bool], None]) -> None:
        """`say` takes a text, and whether it is an error."""
        self._app, self._home, self._say = app, home, say
        self.collection = Collection(home.collection)

    def save(self, poem: SavedPoem) -> None:
        """Save to the collection."""
        try:
            added = self.collection.add(poem)
        except StudioError as error:
            self._say(str(error), True)
            return
        self._say("Saved: b opens the book." if added else "Saved already.", False)

    def copy(self, poem: SavedPoem) -> None:
        """Send to the terminal's clipboard, with what wrote it and how."""
        self._app.copy_to_clipboard(as_copied(poem))
        self._say("Sent to the terminal's clipboard, with model and seed.", False)

    def export(self, poem: SavedPoem) -> None:
        """Ask for a file and write to it."""
        self._app.push_screen(ExportScreen([poem], self._home.exports), self._exported)

    def saved(self) -> list[SavedPoem] | None:
        """All that was saved; None, and told, where the collection is damaged."""
        try:
            return self.collection.poems()
        except StudioError as error:
            self._say(str(error), True)
            return None

    def _exported(self, path: Path | None) -> None:
        if path:
            self._say(f"Exported to {path}", False)


def as_copied(saved: SavedPoem) -> str:
    """The poem in couplets, then what it can be written again with."""
    poem = "\n".join(couplets(saved.poem.text))
    return f"{poem}\n\n{in_words(saved.model)} · {describe(saved.request)}"
