"""The styles of widgets are those that Textual finds."""

from textual.app import App, ComposeResult
from textual.css import match
from textual.dom import DOMNode
from textual.strip import Strip
from textual.widgets import Input

from studio.tui import quick_styles
from tests.tui.playing import Play


async def test_the_rules_for_a_widget_are_those_that_textual_finds(play: Play) -> None:
    async with play() as played:
        found = 0
        for widget in played.app.screen.walk_children(with_self=True):
            components = [DOMNode(classes=name) for name in widget._get_component_classes()]
            for component in components:
                component._attach(widget)
            for node in (widget, *components):
                path = node.css_path_nodes
                for rule in played.app.stylesheet.rules:
                    for each in rule.selector_set:
                        quick = quick_styles._match_from_the_end(each.selectors, path)
                        assert quick == match._check_selectors(each.selectors, path), rule.css
                        assert quick == quick_styles._match_own_selector_first([each], node)
                        found += quick
        assert found > 1000


class Fields(App[None]):
    """A field whose cursor has another colour where the screen has another class."""

    CSS = ".other .input--cursor { color: #123456; } .input--cursor { color: #654321; }"

    def compose(self) -> ComposeResult:
        yield Input("text")

    def drawn(self) -> list[Strip]:
        """What is on the screen; a widget that needs no drawing gives what it drew last."""
        return self.screen._compositor.render_strips()


async def test_a_widget_is_drawn_again_where_only_the_style_of_a_component_changes() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        await pilot.pause()
        before = app.drawn()
        app.screen.add_class("other")
        await pilot.pause()
        assert app.drawn() != before
        app.screen.remove_class("other")
        await pilot.pause()
        assert app.drawn() == before
