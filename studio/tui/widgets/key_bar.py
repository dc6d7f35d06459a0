"""The line of keys at the bottom: as many as fit, and always help and quit."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from studio.translation import marked, tr

# Keys of Textual that the line shows.
TEXTUALS = (marked("Dismiss menu"),)
ALWAYS = ("studio.help", "studio.quit")


class KeyBar(Widget):
    """The active keys, those of the focused widget first.

    Textual's footer scrolls sideways if there are too many keys. This one leaves out the last ones,
    which the help screen shows: bindings are in the order of their use. The last cell stays empty,
    because some terminals draw a character wider than it is counted.
    """

    COMPONENT_CLASSES = {"key-bar--key", "key-bar--text"}  # noqa: RUF012  # Textual's own shape
    ALLOW_SELECT = False

    def on_mount(self) -> None:
        self.auto_links = False
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.refresh()

    def render(self) -> RenderResult:
        shown = self._shown()
        keys = [each for each in shown if each.id not in ALWAYS]
        always = [each for each in shown if each.id in ALWAYS]
        # First without gaps; then without the last keys.
        for gap, count in [(" ", len(keys)), *(("", each) for each in range(len(keys), -1, -1))]:
            line, last = self._line(keys[:count], gap), self._line(always, gap)
            room = self.size.width - line.cell_len - last.cell_len - 1
            if room >= 0:
                return line.append(" " * room).append_text(last)
        return self._line(always, "", described=False)

    def _line(self, bindings: Sequence[Binding], gap: str, described: bool = True) -> Text:
        line = Text(no_wrap=True, end="")
        for binding in bindings:
            line.append_text(self._label(binding, described)).append(gap)
        return line

    def _shown(self) -> list[Binding]:
        key = self.app.get_key_display
        seen: dict[str, Binding] = {}
        for binding in self._in_order():
            name = binding.id or binding.action
            if not binding.show:
                continue
            # If an action has several keys, show the shortest: q rather than ^q.
            if name not in seen or len(key(binding)) < len(key(seen[name])):
                seen[name] = binding
        return list(seen.values())

    def _in_order(self) -> list[Binding]:
        """The enabled bindings as they are defined, those of the focused widget first.

        Textual puts a key that another widget also has where that one has it.
        """
        active = self.screen.active_bindings
        defined = [
            (key, node)
            for node, bindings in self.screen._modal_binding_chain
            for key, _ in bindings
        ]
        return [
            active[key].binding
            for key, node in dict.fromkeys(defined)
            if key in active and active[key].node is node and active[key].enabled
        ]

    def _label(self, binding: Binding, described: bool) -> Text:
        key = self.get_component_rich_style("key-bar--key", partial=True)
        text = self.get_component_rich_style("key-bar--text", partial=True)
        click = Style(meta={"@click": f"app.simulate_key({binding.key!r})"})
        label = Text(end="")
        label.append(f" {self.app.get_key_display(binding)}", key + click)
        if described:
            label.append(f" {tr(binding.description)}", text + click)
        return label
