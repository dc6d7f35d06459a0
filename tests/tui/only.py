"""The studio with nothing in its other panes: a third of the whole to open."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from studio.tui.app import TITLES, StudioApp
from studio.tui.corpus.pane import CorpusPane
from studio.tui.pane import Pane
from studio.tui.playground.pane import PlaygroundPane
from studio.tui.tab_line import TabLine
from studio.tui.training.pane import TrainingPane
from studio.tui.widgets.key_bar import KeyBar


class _Only(StudioApp):
    PANES: dict[str, type[Pane]]

    def compose(self) -> ComposeResult:
        yield TabLine(TITLES)
        with Horizontal(id="panes"):
            for name in TITLES:
                yield self.PANES.get(name, Pane)(id=name)
        yield KeyBar()


class OnlyCorpus(_Only):
    PANES = {"corpus": CorpusPane}  # noqa: RUF012


class OnlyTraining(_Only):
    PANES = {"training": TrainingPane}  # noqa: RUF012


class OnlyPlayground(_Only):
    PANES = {"playground": PlaygroundPane}  # noqa: RUF012
