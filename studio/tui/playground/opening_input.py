"""The field for the characters that a poem shall begin with."""

from studio.tui.widgets.pinyin_input import PinyinInput


class OpeningInput(PinyinInput):
    """Takes Chinese, or the pinyin for it; says in its frame what its keys do."""

    def __init__(self, id: str) -> None:
        # Typed elsewhere, the first character brings the focus here: it must not be selected.
        super().__init__(
            id=id, placeholder="first characters or pinyin, or nothing", select_on_focus=False
        )
        self.border_title = "Opening"

    def on_focus(self) -> None:
        self.border_subtitle = "enter writes · escape leaves"

    def on_blur(self) -> None:
        self.border_subtitle = ""
