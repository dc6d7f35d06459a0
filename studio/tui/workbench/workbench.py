"""Working on one poem: a cursor over its characters, what else could stand there, what is kept."""

import random
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Static

from studio.corpus.cleaning import normalise_typed
from studio.corpus.poem import is_han
from studio.errors import StudioError
from studio.messages import Composed, Inspected
from studio.tui.poem.card import PoemCard
from studio.tui.poem.layout import arrange
from studio.tui.poem.mark_line import MarkLine
from studio.tui.poem.marks import Overlays, marks_of
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.workbench.draft import Draft
from studio.tui.workbench.reading_panel import ReadingPanel
from studio.verse.inspection import fitting
from studio.verse.request import ComposeRequest

# The keys that choose an alternative, as an input method sends them.
_CHOOSING = {"，": -1, "。": 1}

SEEDS = 1_000_000  # fresh seeds are below: short enough to be copied by hand


class Workbench(Horizontal, can_focus=True):
    """The poem, and beside it the reading of it. It asks, and is told what has been written."""

    class Asked(Message):
        """The poem shall be rewritten so."""

        def __init__(self, request: ComposeRequest) -> None:
            super().__init__()
            self.request = request

    class Changed(Message):
        """The poem is another: it must be read back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "rewrite",
            "Rewrite",
            id="work.rewrite",
            tooltip="Put the chosen alternative there and rewrite what follows",
        ),
        Binding(
            "x",
            "exchange",
            "Swap",
            id="work.exchange",
            tooltip="Put the chosen alternative there and change nothing else",
        ),
        Binding("a", "line", "Line", id="work.line", tooltip="Write another line in its place"),
        Binding(
            "space", "keep", "Keep", id="work.keep", tooltip="Keep the character, or let it go"
        ),
        Binding("r", "around", "Rest", id="work.around", tooltip="Rewrite all that is not kept"),
        Binding(
            "i",
            "type",
            "Type",
            id="work.type",
            tooltip="Type other characters from here on, in pinyin or in Chinese",
        ),
        Binding("u", "undo", "Undo", id="work.undo"),
        Binding("y", "redo", "Redo", id="work.redo"),
        Binding("k", "keep_line", "Keep line", id="work.keep_line"),
        Binding("comma", "alternative(-1)", "Alternative before", show=False, id="work.before"),
        Binding("full_stop", "alternative(1)", "Next alternative", show=False, id="work.next"),
        Binding("left", "move(-1)", "Character before", show=False, id="work.left"),
        Binding("right", "move(1)", "Next character", show=False, id="work.right"),
        Binding("up", "move_line(-1)", "Line before", show=False, id="work.up"),
        Binding("down", "move_line(1)", "Next line", show=False, id="work.down"),
        Binding("escape", "leave_line", show=False, id="work.leave_line"),
        Binding("home", "move_end(False)", "First character", show=False, id="work.home"),
        Binding("end", "move_end(True)", "Last character", show=False, id="work.end"),
        Binding("pageup", "scroll(-1)", "Scroll the remarks up", show=False, id="work.pageup"),
        Binding("pagedown", "scroll(1)", "Scroll the remarks down", show=False, id="work.pagedown"),
        *(
            Binding(
                str(number),
                f"take({number})",
                show=False,
                id=f"work.take{number}",
                tooltip=f"Put alternative {number} there and rewrite what follows",
            )
            for number in range(1, 10)
        ),
    ]

    def __init__(self) -> None:
        super().__init__(id="bench")
        self._draft: Draft | None = None
        self._read: Inspected | None = None
        self._overlays = Overlays()
        self._busy = False

    def compose(self) -> ComposeResult:
        with Vertical(id="bench-main"):
            with VerticalScroll(id="bench-poem", can_focus=False):
                yield PoemCard()
            yield PinyinInput(id="bench-line", compact=True, placeholder="other characters")
            yield Static(id="bench-said", markup=False)
            yield MarkLine()
        yield ReadingPanel()

    @property
    def draft(self) -> Draft:
        """What is worked on."""
        assert self._draft is not None
        return self._draft

    def open(self, draft: Draft, overlays: Overlays) -> None:
        """Take a poem up."""
        self._draft, self._read, self._overlays, self._busy = draft, None, overlays, False
        self._end_typing()
        self.say("")
        self._changed()

    def mark(self, overlays: Overlays) -> None:
        """Show other marks."""
        self._overlays = overlays
        self.query_one(MarkLine).overlays = overlays
        self._show()

    def hear(self, read: Inspected) -> None:
        """The poem was read back."""
        if self._draft and read.text == self._draft.text:
            self._read = read
            self._show()

    # --- being rewritten ------------------------------------------------------------------------

    def begin(self) -> None:
        """A rewrite is under way."""
        self._busy = True
        self.say("writing · escape cancels")

    def write(self, texts: list[str], writing: list[bool]) -> None:
        """The rewritten poem so far; what follows stands as it was until it is written over."""
        card = self.query_one(PoemCard)
        card.text = texts[0]
        card.writing = writing[0]

    def take(self, composed: Composed) -> None:
        """The rewritten poem."""
        self.draft.take(composed)
        self._read = None
        self.end()
        self._changed()

    def end(self, reason: str = "") -> None:
        """No rewrite is under way any more; `reason` says why nothing came of it."""
        self._busy = False
        self.say(reason, error=bool(reason))
        self._show()

    def say(self, text: str, error: bool = False) -> None:
        """Say something under the poem."""
        said = self.query_one("#bench-said", Static)
        said.update(Content(text))
        said.display = bool(text)
        said.set_class(error, "error")

    # --- showing --------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._show()
        self.post_message(self.Changed())

    def _show(self) -> None:
        if self._draft is None or self._busy:
            return
        draft, card = self._draft, self.query_one(PoemCard)
        card.writing = False
        card.text = draft.text
        card.marks = tuple(
            marks_of(
                draft.text,
                self._overlays,
                self._read,
                draft.kept,
                draft.cursor,
                draft.state.request.form,
            )
        )
        self._set(card)
        self.query_one(ReadingPanel).show(draft, self._read, self._overlays.likelihood)
        back, on = draft.steps
        if not self.query_one("#bench-said").has_class("error"):
            states = f"state {back + 1} of {back + on + 1} · " if back + on else ""
            self.say(f"{states}escape goes back")

    def _set(self, card: PoemCard) -> None:
        """Set the poem as there is room; where there is too little, scroll to the cursor's line."""
        space = self.query_one("#bench-poem")
        width, height = space.size
        if not width or not height:
            return
        card.setting = arrange(1, card.shape(width), width, height, 0).setting
        rows = len(card.rows(card.setting, width))
        card.styles.height = max(rows, height)
        if rows > height:
            line = self.draft.line // (2 if card.setting.couplets else 1)
            top = line * (card.shape(width).rows + card.setting.leading)
            space.scroll_to(y=top - height // 2, animate=False, force=True)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    # --- the keys -------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        if not event.character or not event.is_printable or event.character.isascii():
            return
        # What an input method sends takes the place of the character; its punctuation stands for
        # the keys that it is on. Whatever else it sends would begin an opening behind the bench.
        event.stop()
        if is_han(event.character):
            self._exchange(event.character)
        elif event.character in _CHOOSING:
            self.action_alternative(_CHOOSING[event.character])

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self._exchange(event.text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While characters are typed, the keys are theirs."""
        typing = self.has_class("-typing")
        return typing if action == "leave_line" else not typing

    def action_type(self) -> None:
        """Type the characters that shall stand from the cursor on."""
        self.add_class("-typing")
        draft, line = self.draft, self.query_one(PinyinInput)
        fits = fitting(draft.text, draft.state.request)
        its = [fits[at] for places in draft.lines for at in places if at >= draft.cursor]
        line.fits = lambda place, character: place >= len(its) or its[place](character)
        line.focus()

    def action_leave_line(self) -> None:
        """Back to the poem, and nothing is changed."""
        self._end_typing()
        self.focus()

    def on_focus(self) -> None:
        # By the tab key, too, one leaves what one types.
        self._end_typing()

    def _end_typing(self) -> None:
        self.remove_class("-typing")
        self.query_one(PinyinInput).value = ""

    @on(PinyinInput.Refused)
    def _refused(self, event: PinyinInput.Refused) -> None:
        event.stop()
        self.say(event.reason, error=True)

    @on(PinyinInput.Submitted)
    def _typed(self, event: PinyinInput.Submitted) -> None:
        event.stop()
        text = event.value
        self.action_leave_line()
        self._exchange(text)

    def _exchange(self, text: str) -> None:
        """Put what was typed over the characters from the cursor on."""
        try:
            characters = "".join(filter(is_han, normalise_typed(text)))
        except StudioError as error:
            self.say(str(error), error=True)
            return
        if characters:
            self._ask(self.draft.exchanged(characters, _seed()))

    def action_rewrite(self) -> None:
        """Rewrite what follows, after the alternative chosen or the character as it is."""
        self._ask(self.draft.rewritten_from_here(self._chosen, _seed()))

    def action_take(self, number: int) -> None:
        """Choose an alternative by its number and rewrite what follows."""
        if character := self.query_one(ReadingPanel).numbered(number):
            self._ask(self.draft.rewritten_from_here(character, _seed()))

    def action_exchange(self) -> None:
        """Change the one character."""
        self._exchange(self._chosen)

    def action_around(self) -> None:
        """Rewrite all that is not kept."""
        self._ask(self.draft.rewritten_around(_seed()))

    def action_line(self) -> None:
        """Write another line."""
        self._ask(self.draft.with_another_line(_seed()))

    def _ask(self, request: ComposeRequest) -> None:
        if self._busy:
            return
        if self.draft.is_changed_by(request):
            self.post_message(self.Asked(request))
        else:
            self.say("There is nothing to rewrite: space lets a character go, k a line.")

    @property
    def _chosen(self) -> str:
        return self.query_one(ReadingPanel).alternative

    def action_alternative(self, step: int) -> None:
        """Choose another alternative."""
        self.query_one(ReadingPanel).choose(step)

    def action_keep(self) -> None:
        """Keep the character, or let it go."""
        self.draft.keep()
        self._show()

    def action_keep_line(self) -> None:
        """Keep the line, or let it go."""
        self.draft.keep_line()
        self._show()

    def action_undo(self) -> None:
        """Back to the poem as it was."""
        if not self._busy and self.draft.undo():
            self._moved_in_time()

    def action_redo(self) -> None:
        """On to what was undone."""
        if not self._busy and self.draft.redo():
            self._moved_in_time()

    def _moved_in_time(self) -> None:
        self._read = None
        self.say("")
        self._changed()

    def action_move(self, step: int) -> None:
        """One character on or back."""
        self.draft.move(step)
        self._moved()

    def action_move_line(self, step: int) -> None:
        """One line on or back."""
        self.draft.move_line(step)
        self._moved()

    def action_move_end(self, last: bool) -> None:
        """The line's first or last character."""
        self.draft.move_end(last)
        self._moved()

    def _moved(self) -> None:
        self.say("")
        self._show()

    def action_scroll(self, direction: int) -> None:
        """Scroll the remarks by a page."""
        panel = self.query_one(ReadingPanel)
        panel.scroll_relative(y=direction * panel.size.height, animate=False)


def _seed() -> int:
    return random.randrange(SEEDS)
