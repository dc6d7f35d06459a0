"""Keeping a poem: saving, copying and exporting it."""

from collections.abc import Callable
from pathlib import Path

from textual.app import App

from studio.collection.in_words import heading_of, source_in_words
from studio.collection.saved import Collection, SavedPoem
from studio.corpus.poem import couplets
from studio.errors import StudioError
from studio.paths import Home
from studio.translation import tr
from studio.tui.host import host_of
from studio.tui.playground.chooser import PoemChooser, PoemEntry
from studio.tui.playground.export_screen import ExportScreen
from studio.tui.playground.model_choices import model_in_words


class Keeping:
    """Saves, copies and exports poems for a pane, and shows the result."""

    def __init__(self, app: App[object], home: Home, say: Callable[[str, bool], None]) -> None:
        """`say` shows a text; its second argument is whether it is an error."""
        self._app, self._host, self._say = app, host_of(app), say
        self._collection = Collection(home.collection)

    def save(self, poem: SavedPoem, from_workbench: bool = False) -> None:
        """Save a poem to the collection. On the workbench b lists nothing: escape comes first."""
        try:
            added = self._collection.add(poem)
        except StudioError as error:
            self._say(str(error), True)
            return
        if not added:
            self._say(tr("This poem is already saved."), False)
        elif from_workbench:
            self._say(tr("Saved. Press escape, then b, for saved poems."), False)
        else:
            self._say(tr("Saved. Press b for saved poems."), False)

    def copy(self, poem: SavedPoem) -> None:
        """Send a poem to the terminal's clipboard, with its model and settings."""
        self._app.copy_to_clipboard(as_copied(poem))
        self._say(tr("Sent to the terminal's clipboard, with model and seed."), False)

    def export(self, poem: SavedPoem) -> None:
        """Ask for a file and write the poem to it."""
        self._app.push_screen(ExportScreen([poem], self._host.export_folder), self._exported)

    def chooser(self) -> PoemChooser | None:
        """A list of the saved poems; None, with a message, if the collection is damaged."""
        try:
            saved = self._collection.poems()
        except StudioError as error:
            self._say(str(error), True)
            return None
        entries = [PoemEntry.of_saved(each) for each in saved]
        nothing = tr("No poem is saved yet. Go back and press s to save the poem shown.")
        title = tr("Saved poems")
        return PoemChooser(title, entries, nothing, self._collection)

    def _exported(self, path: Path | None) -> None:
        if path:
            self._host.export_folder = path.parent
            self._say(tr("Exported to {path}", path=path), False)


def as_copied(saved: SavedPoem) -> str:
    """The poem in couplets under its title, then what is needed to write it again."""
    heading = heading_of(saved.model, saved.request)
    poem = "\n".join([*filter(None, [heading]), *couplets(saved.poem.text)])
    return f"{poem}\n\n{source_in_words(model_in_words(saved.model), saved.request)}"
