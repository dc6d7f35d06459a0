"""The list of the runs on disk."""

import time
from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from studio.errors import ConfigError, StudioError
from studio.reasons import in_words
from studio.runs import folders, queue
from studio.runs.filtering import fields_of, run_filter
from studio.runs.folders import Run
from studio.translation import marked, tr
from studio.tui.pane import Pane
from studio.tui.training.run_rows import RunRow, in_columns
from studio.tui.training.under_way import is_under_way

_RUNS = marked("Runs")
_READING = "runs"
_MARK = "━ "
# Seconds after which the runs read so far are shown.
PARTIAL_AFTER = 0.3
# Seconds between two looks at the folders: other processes train, end and are killed.
READ_EVERY = 2.0


class RunAction(Message):
    """The user wants to open, compare, resume or delete a run, or make it the reference."""

    def __init__(self, action: str, row: RunRow) -> None:
        super().__init__()
        self.action, self.row = action, row


class FilterWanted(Message):
    """The user wants to filter the list."""


class _Options(OptionList):
    KEYS_HEADING = marked("In the list of runs")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            marked("Open"),
            id="runs.open",
            tooltip=marked("Show the run's curves"),
        ),
        Binding(
            "space",
            "act('compare')",
            marked("Compare"),
            id="runs.compare",
            tooltip=marked("Add or remove curves"),
        ),
        Binding(
            "b",
            "act('reference')",
            marked("Reference"),
            id="runs.reference",
            tooltip=marked("Compare the others with this run, or no longer"),
        ),
        Binding(
            "u",
            "act('resume')",
            marked("Resume"),
            id="runs.resume",
            tooltip=marked("Resume the training"),
        ),
        Binding("d,delete", "act('delete')", marked("Delete"), id="runs.delete"),
        # The pane has this key too, for when the list is not shown.
        Binding("slash", "act('filter')", marked("Filter"), id="training.filter"),
    ]

    def action_act(self, action: str) -> None:
        self.post_message(_KeyPressed(action))


class _KeyPressed(Message):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


class RunList(Vertical):
    """All runs, the newest first; `/` filters them."""

    def __init__(self) -> None:
        super().__init__(id="runs")
        self.border_title = tr(_RUNS)
        self._rows: list[RunRow] = []
        self._shown: list[RunRow] = []
        self._colours: dict[str, str] = {}
        self._matches = run_filter("")
        # The rows that were read, each with the time of the last event and the place in the queue.
        self._read: dict[str, tuple[tuple[float, int], RunRow]] = {}

    def compose(self) -> ComposeResult:
        yield Input(
            placeholder=tr("words, or hidden >= 256 and perplexity < 120"),
            compact=True,
            id="filter",
        )
        yield _Options(markup=False)
        yield Static(tr("No runs yet."), id="no-runs")

    def say_again(self) -> None:
        """List the runs in the language of now."""
        self.border_title = tr(_RUNS)
        self._fill()

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self.set_interval(READ_EVERY, self._read_again)

    def _read_again(self) -> None:
        """Read what has changed, unless a long list is still being read."""
        if self.is_on_screen and not is_under_way(self, _READING):
            self.read()

    def focus_list(self) -> None:
        """Focus the list."""
        self.query_one(_Options).focus()

    def focus_filter(self) -> None:
        """Focus the filter: words, or an expression."""
        self.query_one("#filter").display = True
        self.query_one("#filter").focus()

    def leave_filter(self) -> bool:
        """Go from the filter to the list; hide it if it is empty. Returns False if outside it."""
        typed = self.query_one("#filter", Input)
        if not typed.has_focus:
            return False
        typed.display = bool(typed.value)
        self.focus_list()
        return True

    def on_show(self) -> None:
        self.read()

    def on_resize(self) -> None:
        self._fill()

    def read(self) -> None:
        """List the runs at once, so that keys find them, then read the new and changed folders.

        The folders of a hidden list are read when it is shown. While a network disk does not answer
        the list stays as it is.
        """
        try:
            runs = folders.all_runs(self.query_ancestor(Pane).home.runs)
        except OSError:
            return
        if [run.name for run in runs] != [row.name for row in self._rows]:
            known = {row.name: row for row in self._rows}
            self.show([known.get(run.name, RunRow(run.name)) for run in runs])
        if self.is_on_screen:
            self._read_folders(runs)

    # Without a description Textual makes one of all arguments.
    @work(thread=True, exclusive=True, group=_READING, exit_on_error=False, description=_READING)
    def _read_folders(self, runs: list[Run]) -> None:
        worker, rows, shown = get_current_worker(), list[RunRow](), time.monotonic()
        places = queue.places(runs[0].folder.parent) if runs else {}
        for run in runs:
            if worker.is_cancelled:
                return
            rows.append(self._row_of(run, places))
            if time.monotonic() - shown > PARTIAL_AFTER:
                self.call_later(self.show, self._with_unread(rows))
                shown = time.monotonic()
        if not worker.is_cancelled:
            self.call_later(self.show, rows)

    def _with_unread(self, rows: list[RunRow]) -> list[RunRow]:
        """The rows read so far, then the other runs as they were."""
        names = {row.name for row in rows}
        return [*rows, *(row for row in self._rows if row.name not in names)]

    def _row_of(self, run: Run, places: Mapping[str, int]) -> RunRow:
        try:
            changed = run.events_file.stat().st_mtime if run.events_file.exists() else 0.0
            # A run that waits moves up without a change of its own folder.
            state = changed, places.get(run.name, 0)
            known = run.name in self._read and self._read[run.name][0] == state
            # A process that is about to train the run has written no event yet.
            if known and not run.is_busy():
                return self._read[run.name][1]
            summary = folders.summary(run, places)
            row = RunRow(run.name, summary, fields=fields_of(summary, run.config()))
            # A process can stop training without writing to the folder.
            if not summary.is_busy:
                self._read[run.name] = (state, row)
        except (StudioError, OSError) as error:
            row = RunRow(run.name, None, in_words(error))
        return row

    def show(self, rows: list[RunRow]) -> None:
        """Show these runs."""
        if rows != self._rows:
            self._rows = rows
            self._fill()

    def mark(self, colours: dict[str, str]) -> None:
        """Mark the runs whose curves are shown, each in its colour."""
        if colours != self._colours:
            self._colours = colours
            self._fill()

    def _fill(self) -> None:
        problem = ""
        try:
            self._matches = run_filter(self.query_one("#filter", Input).value)
        except ConfigError as error:
            # While it is typed, the last one that could be read is used.
            problem = str(error)
        options = self.query_one(_Options)
        at = options.highlighted
        before = [row.name for row in self._shown]
        self._shown = [row for row in self._rows if self._matches({"name": row.name, **row.fields})]
        names = [row.name for row in self._shown]
        prompts = self._prompts(options.scrollable_content_region.width)
        if names == before:
            # Keeps what is highlighted, and how far the list is scrolled.
            for index, prompt in enumerate(prompts):
                options.replace_option_prompt_at_index(index, prompt)
        else:
            options.clear_options()
            options.add_options(map(Option, prompts))
            at_name = before[at] if at is not None and at < len(before) else None
            if names:
                # After a run is deleted, the next one.
                below = min(at or 0, len(names) - 1)
                options.highlighted = names.index(at_name) if at_name in names else below
        none = self.query_one("#no-runs", Static)
        none.display = bool(problem) or not names
        empty = tr("No run matches.") if self._rows else tr("No runs yet.")
        none.update(Text(problem or empty))

    def _prompts(self, width: int) -> list[Text]:
        """The rows as lines, with a mark in its colour if a run's curves are shown."""
        prompts = []
        for row, (name, facts) in zip(
            self._shown, in_columns(self._shown, width - len(_MARK)), strict=True
        ):
            colour = self._colours.get(row.name)
            mark = (_MARK, colour) if colour else " " * len(_MARK)
            prompts.append(Text.assemble(mark, name, (facts, "dim")))
        return prompts

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._fill()

    @on(Input.Submitted, "#filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        event.stop()
        self.leave_filter()

    @on(OptionList.OptionSelected)
    def _opened(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._act("open")

    @on(_KeyPressed)
    def _key_pressed(self, event: _KeyPressed) -> None:
        event.stop()
        if event.action == "filter":
            self.post_message(FilterWanted())
        else:
            self._act(event.action)

    def _act(self, action: str) -> None:
        at = self.query_one(_Options).highlighted
        if at is not None and at < len(self._shown):
            self.post_message(RunAction(action, self._shown[at]))
