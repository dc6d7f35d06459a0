"""The keys of the workbench that move the cursor and keep characters."""

from studio.tui.workbench.draft import Draft


class CursorKeys:
    """Actions on the draft that need neither the scanner nor the model."""

    @property
    def draft(self) -> Draft:
        """The poem that is worked on."""
        raise NotImplementedError

    def say(self, text: str, error: bool = False) -> None:
        """Show a text under the poem."""
        raise NotImplementedError

    def _show(self) -> None:
        """Show the poem with its cursor."""
        raise NotImplementedError

    def action_keep(self) -> None:
        """Keep or release the character."""
        self.draft.toggle_kept()
        self._show()

    def action_keep_line(self) -> None:
        """Keep or release the line."""
        self.draft.toggle_line_kept()
        self._show()

    def action_move(self, step: int) -> None:
        """Move to the next or the previous character."""
        self.draft.move(step)
        self._moved()

    def action_move_line(self, step: int) -> None:
        """Move to the next or the previous line."""
        self.draft.move_line(step)
        self._moved()

    def action_move_end(self, last: bool) -> None:
        """Move to the first or the last character of the line."""
        self.draft.move_end(last)
        self._moved()

    def _moved(self) -> None:
        self.say("")
        self._show()
