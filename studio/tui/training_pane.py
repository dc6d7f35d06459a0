"""The training pane."""

from studio.tui.pane import Pane


class TrainingPane(Pane):
    """The training pane."""

    def start_recipe(self, recipe: str) -> None:
        """Start a new run with a recipe's settings as they are."""

    def resume(self, run: str) -> None:
        """Go on with a run."""
