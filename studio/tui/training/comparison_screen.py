"""The runs whose curves are shown, side by side: settings that differ, and best values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from studio.model.config import RunConfig
from studio.runs import folders
from studio.runs.comparing import differing_settings
from studio.runs.environment import Environment, last_environment
from studio.translation import marked, tr
from studio.tui.pane import Pane
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.history import History
from studio.tui.widgets.modal import Modal
from studio.wording import compact, duration, figure, printable

# Cells of the names of the rows, and at least of a run. Figures must not be broken.
NAMES, RUN = 27, 10


@dataclass(frozen=True, slots=True)
class Contender:
    """A run with its settings, its events, and what it was trained on last."""

    config: RunConfig
    history: History
    environment: Environment | None = None


class ComparisonScreen(Modal[None]):
    """A table with a column for each run, the reference first."""

    AUTO_FOCUS = "#comparison-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,i", "dismiss", marked("Close"), id="comparison.close"),
    ]

    def __init__(self, runs: Sequence[Contender]) -> None:
        super().__init__()
        self._runs = runs

    def compose(self) -> ComposeResult:
        with Vertical(id="comparison") as frame:
            self._write_title(frame)
            with VerticalScroll(id="comparison-text"):
                table = Static(comparison_table(self._runs))
                table.styles.min_width = NAMES + RUN * len(self._runs)
                yield table

    def say_again(self) -> None:
        """Make the table in the language of now."""
        self._write_title(self.query_one("#comparison"))
        self.query_one(Static).update(comparison_table(self._runs))

    def _write_title(self, frame: Widget) -> None:
        frame.border_title = tr("Runs compared")
        frame.border_subtitle = tr("Escape closes")


def show_comparison(pane: Pane, histories: Sequence[History]) -> None:
    """Show the settings and the best values of runs; their settings are read in a thread."""
    if len(histories) < 2:
        pane.studio.show_notice(
            tr("Comparing takes two runs. In the list of runs (r), space adds curves of a run.")
        )
        return

    def read() -> list[Contender]:
        runs = [folders.find(pane.home.runs, each.run) for each in histories]
        return [
            Contender(run.config(), history, last_environment(run.folder))
            for run, history in zip(runs, histories, strict=True)
        ]

    def show(runs: list[Contender]) -> None:
        pane.app.push_screen(ComparisonScreen(runs))

    FolderTasks(pane).run("settings", histories[0].run, read, show, exclusive=True)


def comparison_table(runs: Sequence[Contender]) -> Table:
    """The settings in which the runs differ, then their best values.

    Perplexities are followed by their difference from the first run, the reference.
    """
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    for run in runs:
        # Long names are folded, not cut.
        table.add_column(Text(printable(run.history.run)), overflow="fold")
    settings = differing_settings([run.config for run in runs])
    same = tr("Settings that differ") if settings else tr("The settings are the same.")
    table.add_row(Text(same, "dim"))
    for key, values in settings.items():
        table.add_row(Text(key), *(Text(_text(value)) for value in values))
    table.add_row("")
    table.add_row(Text(tr("Best values"), "dim"))
    best = [run.history.best for run in runs]
    rows = {
        tr("perplexity, all targets"): _with_difference(
            [each.perplexity_all if each else None for each in best]
        ),
        tr("perplexity, Han"): _with_difference(
            [each.perplexity if each else None for each in best]
        ),
        tr("at step"): [f"{each.step:,}" if each else "-" for each in best],
        tr("lowest loss of an epoch"): [figure(run.history.lowest_epoch_loss) for run in runs],
        tr("characters per second"): [_speed(run.history) for run in runs],
        tr("parameters"): [
            f"{run.environment.parameter_count:,}" if run.environment else "-" for run in runs
        ],
        tr("steps"): [f"{run.history.step:,}" for run in runs],
        tr("training time"): [duration(_seconds(run.history)) for run in runs],
    }
    for name, texts in rows.items():
        table.add_row(Text(name), *map(Text, texts))
    return table


def _text(value: object) -> str:
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return printable(f"{value:g}" if isinstance(value, float) else str(value)) or tr("none")


def _with_difference(values: Sequence[float | None]) -> list[str]:
    first = values[0]
    return [
        figure(value)
        + (f" ({value / first - 1:+.1%})" if number and value is not None and first else "")
        for number, value in enumerate(values)
    ]


def _seconds(history: History) -> float:
    return history.elapsed[-1] if history.elapsed else 0.0


def _speed(history: History) -> str:
    seconds = _seconds(history)
    return compact(sum(history.characters) / seconds) if seconds else "-"
