"""A switch."""

from textual.app import App, ComposeResult

from studio.tui.widgets.switch import Switch


class Switches(App[None]):
    def compose(self) -> ComposeResult:
        yield Switch("Rescue", True)


async def test_on_and_off_differ_by_shape() -> None:
    app = Switches()
    async with app.run_test() as pilot:
        switch = app.query_one(Switch)
        assert str(switch.render()).startswith("[x] Rescue")
        await pilot.press("space")
        assert not switch.value
        assert str(switch.render()).startswith("[ ] Rescue")
