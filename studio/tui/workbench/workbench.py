"""The workbench: a poem with a cursor, alternatives to its characters, and kept characters."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Static

from studio.corpus.cleaning import normalise_typed
from studio.corpus.poem import is_han
from studio.errors import StudioError
from studio.messages import Composed, Inspected
from studio.prosody.rules import BLANK, with_blanks
from studio.translation import marked, tr
from studio.tui.poem.mark_line import MarkLine
from studio.tui.poem.marks import Overlays, marks_of
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.workbench.assistance import Assistance
from studio.tui.workbench.cursor_keys import CursorKeys
from studio.tui.workbench.draft import Draft, new_seed
from studio.tui.workbench.draft_view import DraftView
from studio.tui.workbench.keys import WORKBENCH_KEYS
from studio.tui.workbench.questions import Questions
from studio.tui.workbench.reading_panel import ReadingPanel
from studio.tui.workbench.weighing import Weighing
from studio.verse.inspection import fitting
from studio.verse.request import ComposeRequest

# What an input method sends for the keys that choose an alternative.
_CHOOSING = {"，": -1, "。": 1}


class Workbench(Horizontal, Assistance, CursorKeys, can_focus=True):
    """A poem and the reading of it. Changes are requested by message; the results are passed in."""

    class RewriteRequested(Message):
        """The person wants the poem rewritten."""

        def __init__(self, request: ComposeRequest) -> None:
            super().__init__()
            self.request = request

    class DraftChanged(Message):
        """The text is a different one: its reading is needed."""

    KEYS_HEADING = marked("On the workbench")
    BINDINGS: ClassVar[list[BindingType]] = WORKBENCH_KEYS

    def __init__(self, questions: Questions) -> None:
        super().__init__(id="bench")
        self.questions = questions
        self._draft: Draft | None = None
        self._read: Inspected | None = None
        self._weighing = Weighing(self, questions, self._show)
        self._overlays = Overlays()
        self._busy = False
        # Whether something is said under the poem, and not which version it is.
        self._has_notice = False

    def compose(self) -> ComposeResult:
        with Vertical(id="bench-main"):
            yield DraftView(id="bench-poem")
            placeholder = tr("other characters; enter puts them here")
            yield PinyinInput(id="bench-line", compact=True, placeholder=placeholder)
            yield Static(id="bench-said", markup=False)
            yield MarkLine()
        yield ReadingPanel()

    @property
    def draft(self) -> Draft:
        """The poem that is worked on."""
        assert self._draft is not None
        return self._draft

    def open(self, draft: Draft, overlays: Overlays) -> None:
        """Start to work on a poem."""
        self._draft, self._read, self._overlays, self._busy = draft, None, overlays, False
        self._end_typing()
        self.say("")
        self._changed()

    def mark(self, overlays: Overlays) -> None:
        """Show other marks."""
        self._overlays = overlays
        self.query_one(MarkLine).overlays = overlays
        self._show()

    def receive(self, read: Inspected) -> None:
        """Use a reading of the poem."""
        if self._draft and read.text == self._draft.text:
            self._read = read
            self._show()

    def miss_reading(self) -> None:
        """The reading that was asked for does not come."""
        self.query_one(ReadingPanel).is_waiting = False
        self._show()

    def say_again(self) -> None:
        """Say in the language of now what is done, and what is known of the poem."""
        if self._busy:
            self.say("")
        self._show()

    # --- rewriting ------------------------------------------------------------------------------

    def start(self) -> None:
        """A rewrite has started."""
        self._busy = True
        self.say("")

    def must_wait(self) -> bool:
        """Whether the poem cannot be changed because it is being rewritten; a text says so."""
        if self._busy:
            self.say(tr("The poem is still being written."))
        return self._busy

    def write(self, texts: list[str], writing: list[bool]) -> None:
        """Show the rewritten poem so far."""
        self.query_one(DraftView).write(texts[0], writing[0])

    def finish(self, composed: Composed) -> None:
        """Use the rewritten poem."""
        self.draft.add_state(composed)
        self._read = None
        self.stop()
        self._changed()

    def stop(self, reason: str = "") -> None:
        """The rewrite has ended; `reason` is the error, if it failed."""
        self._busy = False
        self.say(reason, error=bool(reason))
        self._show()

    def say(self, text: str, error: bool = False) -> None:
        """Show a text under the poem until the next key changes something; "" for none."""
        if self._busy and not text:
            text = " · ".join([tr("writing"), tr("escape cancels")])
        self._has_notice = bool(text)
        self._show_said(text, error)

    def _show_said(self, text: str, error: bool = False) -> None:
        said = self.query_one("#bench-said", Static)
        said.update(text)
        said.display = bool(text)
        said.set_class(error, "error")

    # --- showing --------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.query_one(ReadingPanel).is_waiting = True
        self._show()
        # Whether there is something to finish.
        self.refresh_bindings()
        self.post_message(self.DraftChanged())

    def _show(self) -> None:
        if self._draft is None or self._busy:
            return
        draft = self._draft
        marks = marks_of(
            draft.text,
            self._overlays,
            self._read,
            draft.kept,
            draft.cursor,
            draft.state.request,
        )
        self.query_one(DraftView).show(draft, marks)
        weighed = self._weighing.find(draft)
        self.query_one(ReadingPanel).show(draft, self._read, weighed, self._overlays.likelihood)
        undone, redone = draft.steps
        if not self._has_notice:
            state = tr("version {number} of {count}", number=undone + 1, count=undone + redone + 1)
            states = [state] if undone + redone else []
            self._show_said(" · ".join([*states, tr("escape goes back")]))

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    # --- the keys -------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        if not event.character or not event.is_printable or event.character.isascii():
            return
        # A Han character from an input method replaces the one at the cursor; its punctuation acts
        # as the keys that it is on. Anything else must not start an opening behind the workbench.
        event.stop()
        if is_han(event.character):
            self._replace(event.character)
        elif event.character in _CHOOSING:
            self.action_alternative(_CHOOSING[event.character])

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self._replace(event.text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While characters are typed, only escape is a command; only blanks can be finished."""
        typing = self.has_class("-typing")
        if action == "finish" and not (self._draft and self._draft.is_unfinished):
            return False
        return typing if action == "leave_line" else not typing

    def action_type(self) -> None:
        """Type characters to put at the cursor and after it."""
        if self.must_wait():
            return
        self.add_class("-typing")
        draft, line = self.draft, self.query_one(PinyinInput)
        fits = fitting(draft.text, draft.state.request)
        rules = [fits[at] for places in draft.lines for at in places if at >= draft.cursor]
        line.fits = lambda place, character: place >= len(rules) or rules[place](character)
        line.focus()

    def action_leave_line(self) -> None:
        """Go back to the poem and change nothing."""
        self._end_typing()
        self.focus()

    def on_focus(self) -> None:
        # The tab key also leaves the field.
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
        self._replace(text)

    def _replace(self, text: str) -> None:
        """Put what was typed at the cursor and after it; a blank makes a blank there."""
        try:
            typed = with_blanks(normalise_typed(text))
        except StudioError as error:
            self.say(str(error), error=True)
            return
        if characters := "".join(each for each in typed if is_han(each) or each == BLANK):
            self.put(characters)

    def put(self, characters: str, start: int | None = None) -> None:
        """Put characters at the cursor, or from a position on, and change nothing else."""
        if not self.must_wait() and self.draft.put(characters, start):
            self._read = None
            self.say("")
            self._changed()

    def action_rewrite(self) -> None:
        """Rewrite what follows the chosen alternative, or the present character."""
        self._request_rewrite(self.draft.rewritten_from_here(self._chosen, new_seed()))

    def action_rewrite_with(self, number: int) -> None:
        """Choose an alternative by its number and rewrite what follows."""
        if character := self.query_one(ReadingPanel).numbered(number):
            self._request_rewrite(self.draft.rewritten_from_here(character, new_seed()))

    def action_replace(self) -> None:
        """Put the chosen alternative at the cursor, as the model wrote it."""
        if self.must_wait():
            return
        if self._chosen == self.draft.text[self.draft.cursor]:
            self.say(tr("No other character is chosen. Press , or . to choose one."))
        elif is_han(self._chosen):
            self.put(self._chosen)

    def action_finish(self) -> None:
        """Have the blanks written; everything else stays."""
        self._request_rewrite(self.draft.finished(new_seed()))

    def action_rewrite_rest(self) -> None:
        """Rewrite everything except what is kept."""
        self._request_rewrite(self.draft.rewritten_except_kept(new_seed()))

    def action_rewrite_line(self) -> None:
        """Rewrite the line."""
        self._request_rewrite(self.draft.with_another_line(new_seed()))

    def _request_rewrite(self, request: ComposeRequest) -> None:
        if self.must_wait():
            return
        if self.draft.is_changed_by(request):
            self.post_message(self.RewriteRequested(request))
        else:
            self.say(
                tr("Every character is kept. Press space to release one, k to release a line.")
            )

    @property
    def _chosen(self) -> str:
        return self.query_one(ReadingPanel).alternative

    def action_alternative(self, step: int) -> None:
        """Choose another alternative."""
        self.query_one(ReadingPanel).choose(step)

    def action_undo(self) -> None:
        """Go back to the previous state."""
        self._change_state(self.draft.undo, tr("There is nothing to undo."))

    def action_redo(self) -> None:
        """Go to the state that was undone."""
        self._change_state(self.draft.redo, tr("There is nothing to redo."))

    def _change_state(self, change: Callable[[], bool], nothing: str) -> None:
        if self.must_wait():
            return
        if not change():
            self.say(nothing)
            return
        self._read = None
        self.say("")
        self._changed()

    def action_scroll(self, direction: int) -> None:
        """Scroll the remarks by a page."""
        panel = self.query_one(ReadingPanel)
        panel.scroll_relative(y=direction * panel.size.height, animate=False)
