"""A switch whose state is a shape: [x] or [ ]. Textual's checkbox has an X in both states."""

from textual.content import Content
from textual.widgets import Checkbox


class Switch(Checkbox):
    """On or off, changed with space or enter."""

    @property
    def _button(self) -> Content:
        return Content.styled("[x]" if self.value else "[ ]", "bold")
