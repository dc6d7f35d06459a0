"""The studio with one pane and two empty ones, which opens in a third of the time."""

from collections.abc import Callable

from studio.tui.app import StudioApp
from studio.tui.corpus.pane import CorpusPane
from studio.tui.pane import Pane
from studio.tui.playground.pane import PlaygroundPane
from studio.tui.studio_screen import StudioScreen
from studio.tui.training.pane import TrainingPane


def _only(name: str, kind: type[Pane]) -> type[StudioApp]:
    class Only(StudioScreen):
        FIRST = kind if name == "corpus" else Pane

        def other_panes(self) -> dict[str, Callable[[], type[Pane]]]:
            return {} if name == "corpus" else {name: lambda: kind}

    class OnlyApp(StudioApp):
        def get_default_screen(self) -> StudioScreen:
            return Only()

    return OnlyApp


OnlyCorpus = _only("corpus", CorpusPane)
OnlyTraining = _only("training", TrainingPane)
OnlyPlayground = _only("playground", PlaygroundPane)
