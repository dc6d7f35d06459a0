"""The screen with the three panes: three, two or one of them are shown."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from studio.translation import tr
from studio.tui.corpus.pane import CorpusPane
from studio.tui.host import host_of
from studio.tui.pane import TITLES, Pane
from studio.tui.tab_line import TabLine
from studio.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from studio.tui.training.pane import TrainingPane

HERE = Path(__file__).parent
# From these widths two panes, and all three, are side by side.
TWO_FROM, THREE_FROM = 120, 150


class StudioScreen(Screen[None]):
    """Three panes, a line of tabs if not all of them are shown, and the line of keys.

    The first frame has only the first pane; the others are empty until `complete`, which sets
    `completion` at its end.

    If there is no room for a pane, it is the one that was current longest ago. `zoomed`: the
    current pane has the whole terminal although more would fit.
    """

    FIRST: type[Pane] = CorpusPane
    # What the first pane focuses. Another focus before it would be styled and drawn for nothing.
    AUTO_FOCUS = "PoemList"

    def __init__(self) -> None:
        super().__init__(id="_default")
        self.zoomed = False
        self._width = 0
        self._wanted = ""
        self._arrived = {name: asyncio.Event() for name in TITLES}
        # An event, for waiting until a cancelled Worker of Textual ends is an error.
        self.completion = asyncio.Event()
        # The ids of the panes, the current one first, then those that were current last.
        self._visited = list(TITLES)

    def compose(self) -> ComposeResult:
        yield TabLine(TITLES)
        with Horizontal(id="panes"):
            first, *others = TITLES
            yield self.FIRST(id=first)
            for name in others:
                yield Pane(id=name)
        yield KeyBar()

    def other_panes(self) -> dict[str, Callable[[], type[Pane]]]:
        """What imports the panes that the first frame leaves empty. That takes a while."""
        return {"training": _training_pane, "playground": _playground_pane}

    async def complete(self) -> None:
        """Add what the first frame does without; keys are handled in between."""
        others = self.other_panes()
        try:
            await self.panes[0].complete()
            self._arrived[self.panes[0].id or ""].set()
            while others:
                name = self._wanted if self._wanted in others else next(iter(others))
                await self._fill(name, await asyncio.to_thread(others.pop(name)))
                self._arrived[name].set()
        finally:
            # Nobody waits for ever, even where a fault ends the studio.
            for each in (*self._arrived.values(), self.completion):
                each.set()

    async def reach(self, name: str) -> None:
        """Wait until a pane is there; it is added before the others."""
        self._wanted = name
        await self._arrived[name].wait()

    async def _fill(self, name: str, kind: type[Pane]) -> None:
        """Put a pane in the place of the empty one."""
        self.app.stylesheet.read(HERE / name / f"{name}.tcss")
        self.app.stylesheet.parse()
        with self.app.batch_update():
            empty = self.pane(name)
            before = self.panes.index(empty)
            pane = kind(id=name)
            self._prepare(pane)
            await empty.remove()
            await self.query_one("#panes").mount(pane, before=before or None)
        if host_of(self).current == name:
            pane.restore_focus()

    def say_again(self) -> None:
        """Name the panes in the language of now."""
        for pane in self.panes:
            self._write_title(pane)

    @property
    def tabs(self) -> TabLine:
        """The line of tabs."""
        return self.query_one(TabLine)

    @property
    def training(self) -> "TrainingPane":
        """The training pane."""
        return cast("TrainingPane", self.pane("training"))

    @property
    def panes(self) -> list[Pane]:
        """The panes, from left to right."""
        # A query would walk through every widget; this is called at every event.
        return [each for each in self.query_one("#panes").children if isinstance(each, Pane)]

    def pane(self, name: str) -> Pane:
        """The pane with this id."""
        return self.query_one(f"#{name}", Pane)

    def on_mount(self) -> None:
        """Give the panes their titles, and the classes for the size that they will get.

        The first frame needs the classes. In the style sheet the current pane is twice as wide as
        each of the others.
        """
        self._width = self.app.size.width
        self.tabs.current = host_of(self).current
        self._arrange()
        for pane in self.panes:
            self._prepare(pane)

    def _prepare(self, pane: Pane) -> None:
        """Give a pane its title, and the classes for the size that it will get."""
        pane.display = pane.id in self._visited[: self._room]
        self._write_title(pane)
        # Textual applies the style sheet to all widgets after this.
        pane.update_classes(self._coming_classes(pane), update=False)

    def _coming_classes(self, pane: Pane) -> dict[str, bool]:
        """The classes of a pane by the size that it will get.

        With them before the layout, it is laid out and drawn once less.
        """
        is_current, room = pane.id == host_of(self).current, self._room
        # A pane alone has all of the width, as each hidden one will have.
        shares = 2 if is_current or room == 1 else 1
        lines = 1 + (room < len(TITLES))
        size = Size(self._width * shares // (room + 1), self.app.size.height - lines)
        return pane.size_classes(size) | {"-current": is_current}

    def _write_title(self, pane: Pane) -> None:
        number = list(TITLES).index(pane.id or "") + 1
        pane.border_title = f"{number} {tr(TITLES[pane.id or ''])}"

    def set_current(self, current: str) -> None:
        """Mark the current pane, show it, and update it from disk."""
        self._visited.remove(current)
        self._visited.insert(0, current)
        self._show_panes()
        for pane in self.panes:
            pane.update_classes(self._coming_classes(pane))
            if pane.id == current:
                pane.refresh_from_disk()
        self.tabs.current = current

    # --- the focus ------------------------------------------------------------------------------

    def focus_next(self, selector: str | type[Widget] = "*") -> Widget | None:
        """Focus the next place of the current pane."""
        return super().focus_next(self._within_pane(selector))

    def focus_previous(self, selector: str | type[Widget] = "*") -> Widget | None:
        """Focus the previous place of the current pane."""
        return super().focus_previous(self._within_pane(selector))

    def _update_focus_styles(
        self, focused: Widget | None = None, blurred: Widget | None = None
    ) -> None:
        """Style the widgets that have rules with `:focus-within`, around the old and the new focus.

        Textual would style all widgets around them: 122 for the form of the playground, at each
        move of the focus. So a rule with `:focus-within` must not change what other widgets
        inherit, such as the colour of text, nor the style of a component.
        """
        moved = [each for each in (focused, blurred) if each is not None]
        holders = {node for each in moved for node in each.ancestors_with_self}
        concerned = {
            node
            for holder in holders
            if holder._has_focus_within
            for node in holder.walk_children(with_self=True)
            if node._has_focus_within
        }
        self.app.stylesheet.update_nodes(concerned, animate=True)

    def _within_pane(self, selector: str | type[Widget]) -> str | type[Widget]:
        """Selects what is in the current pane. The pane itself would not show that it is focused.

        A pane with nothing to focus keeps the focus.
        """
        if selector != "*":
            return selector
        pane = self.pane(host_of(self).current)
        has_places = any(pane in each.ancestors for each in self.focus_chain)
        return f"#{pane.id} *" if has_places else f"#{pane.id}"

    # --- the layout -----------------------------------------------------------------------------

    @property
    def has_columns(self) -> bool:
        """Whether the settings and the width allow panes side by side."""
        return self._most > 1

    @property
    def _most(self) -> int:
        """How many panes the settings and the width allow side by side."""
        match host_of(self).settings.layout:
            case "columns":
                return len(TITLES)
            case "auto" if self._width >= TWO_FROM:
                return 3 if self._width >= THREE_FROM else 2
            case _:
                return 1

    @property
    def _room(self) -> int:
        """How many panes are shown."""
        return 1 if self.zoomed else self._most

    def zoom(self, zoomed: bool) -> None:
        """Give the current pane the whole terminal, or lay the panes out by the settings."""
        self.zoomed = zoomed
        self._arrange()
        self.refresh_bindings()

    def _screen_resized(self, size: Size) -> None:
        # Here, not in on_resize, which comes later: in between, the panes would have the layout of
        # one size and the style of another.
        self._width = size.width
        self._arrange()
        self.refresh_bindings()
        super()._screen_resized(size)

    def _arrange(self) -> None:
        before = self.classes
        self.set_class(self._room == 1, "-single", update=False)
        self.set_class(self._room < len(TITLES), "-tabs", update=False)
        if self.classes != before:
            self.app.stylesheet.update_nodes([self, *self.query("#tabs, Pane")])
        self._show_panes()

    def _show_panes(self) -> None:
        shown = self._visited[: self._room]
        # Before the first layout there are no panes yet.
        for pane in self.query(Pane):
            pane.display = pane.id in shown


def _training_pane() -> type[Pane]:
    from studio.tui.training.pane import TrainingPane

    return TrainingPane


def _playground_pane() -> type[Pane]:
    # This one is seldom shown, but the names of its keys must be known.
    import studio.tui.corpus.missing  # noqa: F401
    from studio.tui.playground.pane import PlaygroundPane

    return PlaygroundPane
