"""The fields of forms: their values, hints and reasons."""

from typing import Annotated, Any

import pytest
from msgspec import Meta
from textual.app import App, ComposeResult

from studio.translation import use_language
from studio.tui.widgets.form_fields import Field, NameField, NumberField, StepField
from studio.tui.widgets.stepper import Stepper


class Form(App[None]):
    """One field, its editor from column 10 to 20."""

    CSS = "Field Input, Field Stepper { margin-left: 10; width: 10; }"

    def __init__(self, field: Field, text: str = "") -> None:
        super().__init__()
        self.field, self._text = field, text
        self.steps: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.field

    def on_mount(self) -> None:
        if self._text:
            self.field.text = self._text

    def on_stepper_stepped(self, event: Stepper.Stepped) -> None:
        self.steps.append(event.stepper.value)

    @property
    def lines(self) -> list[str]:
        lines = [line.text.rstrip() for line in self.screen._compositor.render_strips()]
        return [line for line in lines if line]


def number(kind: Any, allowed: str = "") -> NumberField:
    return NumberField("size", "Size", kind, allowed)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "12", 12),
        (int, " 12 ", 12),
        (float, "0.5", 0.5),
        (float, "1e-3", 0.001),
        (int, "１２", 12),  # as an input method for Chinese writes it
        (float, "0。5", 0.5),
        (float, "０．５", 0.5),
    ],
)
async def test_a_number_is_read_as_typed(kind: Any, text: str, value: float) -> None:
    field = number(kind)
    async with Form(field, text).run_test():
        assert field.value() == value
        assert field.check()


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (int, "12x", "must be a whole number"),
        (int, "1.5", "must be a whole number"),
        (Annotated[int, Meta(ge=1, le=9)], "10", "must be a whole number from 1 to 9"),
        (Annotated[float, Meta(gt=0)], "0", "must be a number above 0"),
        (float, "1, not 2", "must be a number"),
        (float, "", "must be a number"),
    ],
)
async def test_a_number_that_cannot_be_used_says_what_is_allowed(
    kind: Any, text: str, reason: str
) -> None:
    field = number(kind)
    async with Form(field, text).run_test():
        assert field.value() is None
        assert field.reason() == reason
        assert not field.check()


@pytest.mark.parametrize(
    ("language", "reason"), [("zh", "须为1至8的整数"), ("zh_TW", "須為1至8的整數")]
)
async def test_what_is_allowed_is_said_in_chinese_without_the_value(
    language: str, reason: str
) -> None:
    field = number(Annotated[int, Meta(ge=1, le=8)])
    use_language(language)
    try:
        async with Form(field, "abc").run_test():
            assert field.reason() == reason
    finally:
        use_language("en")


async def test_a_number_can_have_its_bounds_in_words_of_its_own() -> None:
    field = number(Annotated[int, Meta(ge=0)], "a whole number; 0 keeps all")
    async with Form(field, "-1").run_test():
        assert field.reason() == "must be a whole number; 0 keeps all"


async def test_a_hint_is_beside_the_editor_or_left_out() -> None:
    field = number(int)
    app = Form(field, "1")
    async with app.run_test(size=(40, 5)) as pilot:
        field.hint = "units per layer"
        await pilot.pause()
        assert app.lines == ["Size      1           units per layer"]
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert app.lines == ["Size      1"]


async def test_a_reason_takes_the_place_of_the_hint() -> None:
    field = number(int)
    app = Form(field, "x")
    async with app.run_test(size=(60, 5)) as pilot:
        field.hint = "units per layer"
        field.check()
        await pilot.pause()
        assert app.lines == ["Size      x           must be a whole number"]
        field.text = "1"
        field.check()
        await pilot.pause()
        assert app.lines == ["Size      1           units per layer"]


async def test_a_reason_without_room_beside_the_editor_is_below_it_on_as_many_lines_as_needed() -> (
    None
):
    field = number(Annotated[int, Meta(ge=1, le=8192)])
    app = Form(field, "0")
    async with app.run_test(size=(26, 6)) as pilot:
        field.check()
        await pilot.pause()
        assert app.lines == ["Size      0", "  must be a whole number", "  from 1 to 8,192"]
        assert field.size.height == 3
        field.text = "1"
        field.check()
        await pilot.pause()
        assert field.size.height == 1


async def test_a_name_must_be_free() -> None:
    field = NameField("run", "Name", {"autumn"}.__contains__)
    async with Form(field).run_test():
        field.text = "winter"
        assert field.check()
        field.text = "autumn"
        assert field.reason() == "already taken"


async def test_left_and_right_step_through_the_values_and_around_the_ends() -> None:
    field = StepField("cell", "Cell", ("rnn", "gru", "lstm"), "lstm")
    app = Form(field)
    async with app.run_test(size=(40, 5)) as pilot:
        field.editor.focus()
        await pilot.press("right", "right", "left", "left", "left")
        await pilot.pause()
        assert app.steps == ["rnn", "gru", "rnn", "lstm", "gru"]
        assert app.lines == ["Cell      < gru >"]
