"""The corpus pane."""

from studio.tui.pane import Pane


class CorpusPane(Pane):
    """The corpus pane."""
