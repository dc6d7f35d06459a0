"""A switch whose state is a shape: [x] or [ ]. Textual's checkbox has an X in both states."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Checkbox

from studio.translation import marked


class Switch(Checkbox):
    """On or off, changed with space or enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "toggle_button", marked("On or off"), id="switch.toggle"),
    ]

    @property
    def _button(self) -> Content:
        return Content.styled("[x]" if self.value else "[ ]", "bold")
