"""The playground pane."""

from studio.tui.pane import Pane


class PlaygroundPane(Pane):
    """The playground pane."""
