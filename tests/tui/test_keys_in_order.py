"""A burst of keys, as a slow connection sends it, does what the same keys do one by one."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, Select

from studio.tui.keys_in_order import KeysInOrder


class Question(ModalScreen[str]):
    """A screen with a field; enter returns what was typed."""

    def compose(self) -> ComposeResult:
        yield Input(id="answer")

    @on(Input.Submitted)
    def _answer(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)


class Typing(KeysInOrder):
    """Two fields with a list between them."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "ask")]

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[str] = []
        self.answers: list[str | None] = []

    def compose(self) -> ComposeResult:
        with Vertical(), Horizontal(), Vertical():
            yield Input("128", id="first")
            yield Select.from_values(["LSTM", "GRU", "RNN"], allow_blank=False)
            yield Input(id="last")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.submitted.append(event.value)
        self.query_one("#last").focus()

    def action_ask(self) -> None:
        self.push_screen(Question(), self.answers.append)


async def burst(pilot: Pilot[Any], *keys: str) -> None:
    """Type all keys at once."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))
    for _ in keys:
        await pilot.pause()


async def test_editing_keys_act_before_what_is_typed_after_them() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "end", "backspace", "4", "ctrl+u", "1", "6", "left", "0")
        assert app.query_one("#first", Input).value == "106"


async def test_what_is_typed_after_tab_reaches_the_next_field() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "end", "7", "tab", "tab", "8", "shift+tab", "shift+tab", "end", "9")
        assert app.query_one("#first", Input).value == "12879"
        assert app.query_one("#last", Input).value == "8"


async def test_a_choice_from_a_list_is_made_before_the_next_key() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "tab", "enter", "down", "down", "enter", "tab", "4")
        assert app.query_one(Select).value == "RNN"
        assert app.query_one("#last", Input).value == "4"


async def test_a_key_follows_the_focus_that_a_submitted_field_moves() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "tab", "shift+tab", "enter", "6")
        assert app.submitted == ["128"]
        assert app.query_one("#last", Input).value == "6"


async def test_keys_reach_a_screen_that_opens_and_then_the_one_below() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "f2", "y", "e", "s", "enter", "end", "9")
        await pilot.pause()
        assert app.answers == ["yes"]
        assert app.query_one("#first", Input).value == "1289"
