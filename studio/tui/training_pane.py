"""The training pane."""

from studio.tui.pane import Pane


class TrainingPane(Pane):
    """The training pane."""
