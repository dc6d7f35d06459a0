"""Typing Chinese by pinyin: the line of candidates, and what fields for it have in common."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.events import Key, Paste
from textual.geometry import Offset, Region
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from studio.corpus.cleaning import refuse_surrogates
from studio.corpus.pinyin import LONGEST, Candidate
from studio.errors import StudioError
from studio.translation import again, marked, tr
from studio.tui.host import host_of

PAGE = 9
# Cells of the candidate line that are neither letters, candidates nor notes: padding, and gaps at
# the edges of widgets.
ROOM = 5
# Explains the brackets.
OFF_RULE_NOTE = marked("() breaks a rule")
# The keys that show more candidates: on the first page, in between, on the last one.
_MORE, _PAGES, _BACK = marked("= more"), marked("- = pages"), marked("- back")
_BEFORE = ("pageup", "minus", "comma", "up")
_AFTER = ("pagedown", "equals_sign", "full_stop", "down")
_FIRST = ("space", "enter")
_LETTERS = {
    **{each: each.lower() for each in map(chr, (*range(65, 91), *range(97, 123)))},
    "ü": "v",
    "Ü": "v",
}


class CandidateLine(Widget):
    """The letters typed so far and a page of candidates, shown under the field."""

    COMPONENT_CLASSES = {  # noqa: RUF012  # Textual's own shape
        "candidate-line--letters",
        "candidate-line--key",
        "candidate-line--rest",
    }
    DEFAULT_CSS = """
    CandidateLine {
        overlay: screen;
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
        .candidate-line--letters { color: $text-accent; text-style: underline; }
        .candidate-line--key { color: $text-accent; }
        .candidate-line--rest { color: $text-muted; }
    }
    """
    ALLOW_SELECT = False

    letters: reactive[str] = reactive("")
    page: reactive[tuple[Candidate, ...]] = reactive(())
    note: reactive[str] = reactive("")
    # Candidates of the page that would break a rule at the cursor.
    off_rule: reactive[frozenset[Candidate]] = reactive(frozenset())

    _edges: frozenset[int] = frozenset()
    # Cells before each candidate.
    _gaps: list[int]

    def show(
        self,
        letters: str,
        page: tuple[Candidate, ...],
        off_rule: frozenset[Candidate],
        note: str,
        under: Region,
    ) -> None:
        """Show a page under a region, or above it if there is no room below."""
        self.letters, self.page, self.off_rule, self.note = letters, page, off_rule, note
        screen = self.screen.size
        y = under.bottom if under.bottom < screen.height else under.y - 1
        self._edges = frozenset(self._edges_in(y))
        x = max(0, min(under.x, screen.width - self._lay_out(under.x)))
        self.styles.width = min(self._lay_out(x), screen.width - x)
        self.absolute_offset = Offset(x, y)
        self.display = True
        self.refresh(layout=True)

    def _edges_in(self, y: int) -> Iterator[int]:
        """The columns where widgets start and end in a row of the screen.

        Textual splits a row at all edges, even those of covered widgets, and draws two spaces for a
        wide character that an edge would split.
        """
        for widget in self.screen.query("*"):
            region = widget.region
            if widget is not self and region.y <= y < region.bottom:
                yield from (region.x, region.right)

    def _lay_out(self, x: int) -> int:
        """Lay out the page as a line that starts at column `x`. Returns its width in cells.

        The gap before a candidate is wider if an edge would split one of its characters.
        """
        start = at = x + 1
        at += cell_len(self.letters)
        self._gaps = []
        for candidate in self.page:
            bracket, width = candidate in self.off_rule, cell_len(candidate.text)
            gap, text = 2, at + 3 + bracket
            # The second cell of each character.
            while not self._edges.isdisjoint(range(text + 1, text + width, 2)):
                gap, text = gap + 1, text + 1
            self._gaps.append(gap)
            at = text + width + bracket
        return at - start + sum(2 + cell_len(each) for each in self._notes()) + 2

    def _notes(self) -> list[str]:
        """What follows the candidates."""
        return [
            each for each in (again(self.note), tr(OFF_RULE_NOTE) if self.off_rule else "") if each
        ]

    def render(self) -> RenderResult:
        letters, key, rest = (
            self.get_component_rich_style(f"candidate-line--{part}", partial=True)
            for part in ("letters", "key", "rest")
        )
        line = Text(no_wrap=True, end="")
        line.append(self.letters, letters)
        for number, (gap, candidate) in enumerate(zip(self._gaps, self.page, strict=True), 1):
            before, after = "()" if candidate in self.off_rule else ("", "")
            line.append(f"{' ' * gap}{number}", key)
            line.append(f"{before}{candidate.text}{after}", rest if before else "")
        for each in self._notes():
            line.append(f"  {each}", rest)
        return line


# Textual takes the style of a widget from its first base that is one.
if TYPE_CHECKING:
    _Editor = Widget
else:
    _Editor = object


class PinyinTyping(_Editor):
    """An editor for Chinese that is typed, pasted, or picked by pinyin.

    Letters are shown under the field until a candidate is picked: by its digit, or the first by
    space or enter. The editor holds only text that was picked, typed or pasted.
    """

    class Refused(Message):
        """The input was not text; `reason` says what to do."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    fits: Callable[[int, str], bool] | None = None
    """Whether a character is allowed at a place of the line. Allowed candidates come first."""

    _letters = ""
    _offered: tuple[Candidate, ...] = ()
    # The first candidate of each page up to the visible one.
    _pages: tuple[int, ...] = (0,)
    _line: CandidateLine | None = None

    @property
    def letters(self) -> str:
        """The pinyin for which no character was picked yet."""
        return self._letters

    # --- typing ---------------------------------------------------------------------------------

    async def _on_key(self, event: Key) -> None:
        # A key waits here until the keys before it are handled, so a burst keeps its order.
        if letter := _LETTERS.get(event.character or ""):
            await self._look_up((self._letters + letter)[:LONGEST])
        elif not self._letters or event.key in ("tab", "shift+tab"):
            # Moving to the next field picks the first candidate that is shown.
            self._pick(self._pages[-1])
            return
        elif event.key in _FIRST or (event.character or "x") in "123456789":
            place = 0 if event.key in _FIRST else int(event.key) - 1
            # A narrow page has fewer candidates than there are digits.
            if place < len(self._visible):
                await self._look_up(self._pick(self._pages[-1] + place))
        elif event.key in _AFTER or event.key in _BEFORE:
            self._turn_page(1 if event.key in _AFTER else -1)
        elif event.key == "backspace":
            await self._look_up(self._letters[:-1])
        elif event.key in ("escape", "ctrl+u", "ctrl+w"):
            await self._look_up("")
        elif event.is_printable and event.key != "apostrophe":
            return
        # Other keys do nothing: they would move the cursor while letters are pending.
        event.stop()
        event.prevent_default()

    def on_blur(self) -> None:
        self._letters, self._offered = "", ()
        self._show()

    def on_unmount(self) -> None:
        if self._line and self._line.is_attached:
            self._line.remove()

    def _insert(self, text: str) -> None:
        """Put a text in the place of the selection."""
        raise NotImplementedError

    @property
    def _place(self) -> int:
        """The place in the line where a text would be put."""
        raise NotImplementedError

    def _refuses(self, text: str) -> bool:
        """Whether a text has lone surrogates; then the reason is reported."""
        try:
            refuse_surrogates(text)
        except StudioError as error:
            self.post_message(self.Refused(str(error)))
            return True
        return False

    def on_paste(self, event: Paste) -> None:
        self._insert(event.text)
        event.prevent_default()
        event.stop()

    # --- picking --------------------------------------------------------------------------------

    async def _look_up(self, letters: str) -> None:
        """Look up the candidates for these letters."""
        self._letters, self._offered, self._pages = letters, (), (0,)
        keeper = host_of(self).pinyin
        if letters:
            if not keeper.is_ready:
                self._show(tr("reading the poems (once)"))
            found = (await keeper.get()).candidates(letters)
            if not self.is_attached or self._letters != letters:
                return  # the screen was closed meanwhile, or the field left
            # Candidates for more of the letters come first in any case.
            order = sorted(found, key=lambda each: (-each.letters, self._is_off_rule(each)))
            self._offered = tuple(order)
        self._show()

    def _is_off_rule(self, candidate: Candidate) -> bool:
        """Whether the candidate would break a rule at the cursor."""
        return self.fits is not None and not all(
            self.fits(at, each) for at, each in enumerate(candidate.text, start=self._place)
        )

    def _pick(self, place: int) -> str:
        """Insert a candidate. Returns the letters that remain."""
        if place >= len(self._offered):
            return self._letters
        text, count = self._offered[place]
        self._insert(text)
        return self._letters[count:]

    def _turn_page(self, step: int) -> None:
        after = self._pages[-1] + len(self._visible)
        if step > 0 and after < len(self._offered):
            self._pages += (after,)
        elif step < 0:
            self._pages = self._pages[:-1] or (0,)
        self._show()

    @property
    def _visible(self) -> tuple[Candidate, ...]:
        """The page: as many candidates as fit on the screen, at most nine, one for each digit."""
        room = self.screen.size.width - len(self._letters) - ROOM - 2 - cell_len(tr(_PAGES))
        room -= 2 + cell_len(tr(OFF_RULE_NOTE)) if self.fits else 0
        visible = list[Candidate]()
        for each in self._offered[self._pages[-1] :][:PAGE]:
            room -= cell_len(each.text) + (6 if self._is_off_rule(each) else 4)
            if visible and room < 0:
                break
            visible.append(each)
        return tuple(visible)

    def _show(self, note: str = "") -> None:
        if not self._letters:
            if self._line:
                self._line.display = False
            return
        if self._line is None:
            self._line = CandidateLine()
            self.screen.mount(self._line)
        visible = self._visible
        if not visible:
            note = note or tr("not pinyin; escape clears it")
        elif len(visible) < len(self._offered):
            is_last = self._pages[-1] + len(visible) == len(self._offered)
            note = tr(_BACK if is_last else _PAGES if len(self._pages) > 1 else _MORE)
        self._line.show(
            self._letters,
            visible,
            frozenset(filter(self._is_off_rule, visible)),
            note,
            self.region,
        )
