"""Exporting poems to a file."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Select, Static

from studio.collection.exporting import PICTURES, SUFFIXES, Format, export, format_of, free_path
from studio.collection.saved import SavedPoem
from studio.errors import StudioError
from studio.translation import marked, tr, tr_n
from studio.tui.widgets.modal import Modal
from studio.tui.widgets.search_select import SearchSelect
from studio.wording import printable

_NAMES: dict[Format, str] = {
    "text": marked("Plain text"),
    "markdown": "Markdown",
    "svg": marked("Picture (SVG)"),
    "png": marked("Picture (PNG)"),
}
# A picture holds one poem.
_MANY = tuple(form for form in _NAMES if form not in PICTURES)


class ExportScreen(Modal[Path | None]):
    """Asks for a format and a path and writes the file; the result is its path, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", marked("Back"), id="export.back"),
        Binding("enter", "export", marked("Export"), id="export.write"),
    ]

    def __init__(self, poems: Sequence[SavedPoem], folder: Path) -> None:
        super().__init__()
        self._poems = poems
        self._folder = folder
        # The existing file that the person was warned about: a second enter replaces it.
        self._warned: Path | None = None

    def compose(self) -> ComposeResult:
        count = len(self._poems)
        with Vertical(classes="dialog"):
            yield Label(tr_n("Export the poem", "Export {count} poems", count), classes="title")
            with Horizontal(classes="field"):
                yield Label(tr("Format"))
                yield SearchSelect(self._formats(), id="format", allow_blank=False, compact=True)
            yield Label(tr("File"))
            yield Input(str(self._default("text")), id="path")
            yield Static(classes="error", markup=False)
            yield Label(tr("enter: export · tab: format · escape: back"), classes="hint")

    def _formats(self) -> list[tuple[str, Format]]:
        few = len(self._poems) == 1
        return [(tr(name), form) for form, name in _NAMES.items() if few or form in _MANY]

    def say_again(self) -> None:
        """Name the formats in the language of now."""
        self.query_one("#format", SearchSelect).rename(self._formats())

    def on_mount(self) -> None:
        self.query_one("#path", Input).focus()

    @property
    def _format(self) -> Format:
        return cast(Format, self.query_one("#format", Select).value)

    def _default(self, form: Format) -> Path:
        return free_path(self._folder, self._poems[0].poem, form)

    @on(Select.Changed)
    def _give_suffix(self) -> None:
        path = self.query_one("#path", Input)
        if path.value in {str(self._default(form)) for form in SUFFIXES}:
            # Another name may be free in this format.
            path.value = str(self._default(self._format))
        elif path.value.lower().endswith(tuple(SUFFIXES.values())):
            path.value = str(Path(path.value).with_suffix(SUFFIXES[self._format]))

    @on(Input.Changed)
    def _path_typed(self, event: Input.Changed) -> None:
        self._warned = None
        self._show("")
        # A suffix that is typed chooses the format.
        with contextlib.suppress(StudioError):
            form = format_of(Path(event.value))
            if len(self._poems) == 1 or form in _MANY:
                self.query_one("#format", Select).value = form

    @on(Input.Submitted)
    def action_export(self) -> None:
        """Write the file, or show why it cannot be written."""
        typed = self.query_one("#path", Input).value.strip()
        if not typed:
            self._show(tr("Give the name of a file."))
            return
        try:
            path = self._folder / Path(typed).expanduser()
            exists = path.is_file()
        except (OSError, RuntimeError) as error:
            # An unknown home folder, a folder without permission, or a name that is too long.
            self._show(
                tr(
                    "{path} cannot be written: {error}. Give another path.",
                    path=printable(typed),
                    error=error,
                )
            )
            return
        if exists and self._warned != path:
            self._warned = path
            self._show(
                tr(
                    "{name} exists. Choose another name, or press enter to replace it.",
                    name=path.name,
                )
            )
            return
        self._show(tr("Writing ..."))
        form = self._format
        # The list has no pictures for several poems, but the name can say that it is one.
        with contextlib.suppress(StudioError):
            form = format_of(path)
        self.run_worker(self._export(path, form, self._warned == path), exclusive=True)

    async def _export(self, path: Path, form: Format, replace: bool) -> None:
        # Finding a font and drawing take a second.
        try:
            await asyncio.to_thread(export, path, self._poems, form, replace)
        except StudioError as error:
            self._show(str(error))
        else:
            self.dismiss(path)

    def _show(self, text: str) -> None:
        self.query_one(".error", Static).update(text)
