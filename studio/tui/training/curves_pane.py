"""The keys for the curves of the training pane."""

from studio.translation import tr
from studio.tui.pane import Pane
from studio.tui.training.curve_grid import CurveGrid
from studio.tui.training.panels import WatchPanels


class CurvesPane(Pane):
    """A pane with curves: which of them are shown, and how."""

    @property
    def _panels(self) -> WatchPanels:
        return self.query_one(WatchPanels)

    async def action_metric(self, by: int) -> None:
        """Show the next (1) or previous (-1) curve."""
        await self.query_one(CurveGrid).choose(by)
        self._panels.draw_now()

    async def action_group(self) -> None:
        """Show the curves of learning, of the verse, or of the device."""
        await self.query_one(CurveGrid).choose_group()
        self._panels.draw_now()

    def action_axis(self) -> None:
        """Draw the curves along the next axis."""
        self.query_one(CurveGrid).next_axis()
        self._panels.draw_now()

    def action_grid(self) -> None:
        """Show all curves, or one."""
        if self.query_one(CurveGrid).toggle_grid():
            self._panels.draw_now()
        else:
            is_beside_others = self.size.width < self.app.size.width
            self.notify(
                tr("No room for all curves: zoom with z, or enlarge the terminal.")
                if is_beside_others
                else tr("No room for all curves: enlarge the terminal.")
            )

    def action_log_scale(self) -> None:
        """Switch between a linear and a logarithmic scale."""
        self.query_one(CurveGrid).toggle_log()
        self._panels.draw_now()

    def action_smoothing(self) -> None:
        """Change how much the curves are smoothed."""
        self.query_one(CurveGrid).next_smoothing()
        self._panels.draw_now()

    def action_sample(self, by: int) -> None:
        """Show a later (1) or earlier (-1) sample."""
        self._panels.move_sample(by)
