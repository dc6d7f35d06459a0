"""The line to type in: what is typed in a burst arrives in its order."""

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key

from studio.tui.line_input import LineInput


class Typing(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(), Horizontal(), Vertical():
            yield LineInput("128")

    def on_input_submitted(self, event: LineInput.Submitted) -> None:
        self.submitted.append(event.value)


async def test_editing_keys_in_a_burst_act_before_what_is_typed_after_them() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        app.query_one(LineInput).focus()
        await pilot.pause()
        for key in ("end", "backspace", "4", "ctrl+u", "1", "6", "enter", "0"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.query_one(LineInput).value == "160"
    assert app.submitted == ["16"]
