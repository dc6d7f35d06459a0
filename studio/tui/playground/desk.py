"""Where poems are while they are written: in the exhibit, or on the workbench if it is open."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive

from studio.corpus.poem import verse_lines
from studio.errors import StudioError
from studio.messages import (
    Command,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Inspected,
    Ready,
    Suggested,
    Trained,
    TrainingStarted,
    VectorsRead,
    Weighed,
    Wrote,
)
from studio.model.events import TrainingEnded
from studio.translation import marked, tr
from studio.tui.playground.exhibit import Exhibit
from studio.tui.playground.model_fields import ModelFields
from studio.tui.playground.pending import PendingRequests
from studio.tui.playground.poem_history import PoemGroup, PoemHistory
from studio.tui.playground.readings import Readings
from studio.tui.workbench.draft import Draft
from studio.tui.workbench.questions import Questions
from studio.tui.workbench.workbench import Workbench
from studio.verse.request import ComposeRequest, WrittenPoem, request_text
from studio.wording import printable

_COLUMNS_A_SECOND = 40

STILL_WRITING = marked("The poem is still being written.")
_GONE = marked("The model {gone} is gone. The model in the options is used here.")
_WELCOME = marked(
    "Read the poems of the Tang (1),\ntrain a model on them (2),\nand write poems with it here (3)."
    "\n\nPress enter to write a poem.\nThe key ? shows all keys, q quits."
)
_NO_MODEL = marked(
    "There is no model to write with yet.\n\n"
    "Press 2 and start a training. Poems can be written from the first step on, and the first "
    "checkpoint is saved within minutes."
)


class Desk(Container):
    """Shows the poems that are requested while they are written, and what is done with them."""

    class Finished(Message):
        """The poems of a request are complete and shown in the exhibit."""

        def __init__(self, group: PoemGroup) -> None:
            super().__init__()
            self.group = group

    working: reactive[bool] = reactive(False, init=False)
    """Whether a poem is on the workbench."""
    can_write: reactive[bool] = reactive(True, init=False)
    """Whether there is a model to write with."""

    def __init__(
        self,
        send: Callable[[Command], None],
        note: Callable[[str, bool], None],
        models: ModelFields,
    ) -> None:
        """`note` shows a text near the exhibit; its second argument is whether it is an error."""
        super().__init__()
        tickets = itertools.count(1)
        self.history = PoemHistory()
        self._pending = PendingRequests(send, tickets)
        self._readings = Readings(send, tickets)
        self._note, self._models = note, models
        self._exhibit = Exhibit(self._readings, models.by_its_model)
        self._questions = Questions(send, tickets)
        self._bench = Workbench(self._questions)
        # The poem worked on last; opened again, it has its states.
        self._draft: Draft | None = None
        # Its state when the workbench was opened.
        self._opened: Composed | None = None
        self._torch_loaded = False

    def compose(self) -> ComposeResult:
        yield self._exhibit
        yield self._bench

    def on_mount(self) -> None:
        self._reveal_timer = self.set_interval(1 / _COLUMNS_A_SECOND, self._reveal, pause=True)
        self._show_nothing()

    def say_again(self) -> None:
        """Say in the language of now what is being done."""
        self._show_progress()

    def focus_poem(self) -> None:
        """Focus the poem that is worked on, or the poems in the exhibit."""
        (self._bench if self.working else self._exhibit.stage).focus()

    def say(self, text: str, error: bool = False) -> None:
        """Show a text at the workbench if it is open, else near the exhibit."""
        (self._bench.say if self.working else self._note)(text, error)

    # --- events of the worker -------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Show an event of the worker."""
        match event:
            case Ready():
                self._torch_loaded = True
                self._show_progress()
            case Wrote(ticket, characters) if pending := self._pending.find(ticket):
                pending.receive(characters)
                self._reveal_soon()
            case Composed(ticket) if self._pending.find(ticket):
                self._pending.finish(event)
                self._reveal_soon()
            case ComposeCancelled(ticket) if self._pending.find(ticket):
                self._stop()
                self.say(tr("Cancelled."))
            case Suggested() | VectorsRead() | Weighed():
                self._questions.receive(event)
            case Failed() if self._questions.receive(event):
                pass
            case Inspected():
                self._readings.receive(event)
                self._refresh_marks()
            case Failed(_, message, ticket) if self._pending.find(ticket):
                self._stop(message)
            case Failed(_, message, ticket) if ticket and self._readings.failed(ticket):
                self._bench.miss_reading()
                self.say(message, error=True)
            case TrainingStarted() | Trained(_, TrainingEnded()):
                self._readings.forget()

    # --- writing --------------------------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        """Whether poems are being written."""
        return bool(self._pending)

    def write(
        self, *requests: ComposeRequest, is_asked_for: bool = True, around: bool = False
    ) -> None:
        """Have poems written; those of two requests are side by side.

        With `around` a given text stays even if it breaks rules. A poem that nobody has asked for
        takes neither the focus nor memory of a GPU.
        """
        self._pending.start(requests, around, sparing=not is_asked_for)
        if is_asked_for:
            self.focus_poem()
        self._exhibit.start(requests, self._pending.texts)
        self._show_progress()

    def rewrite(self, request: ComposeRequest) -> None:
        """Have the poem on the workbench rewritten; what stands stays even if it breaks rules."""
        self._bench.start()
        self._pending.start([request], around=True)

    def drop_pending(self) -> None:
        """Cancel what is being written, and show nothing of it any more."""
        self._pending.drop()

    def escape(self) -> None:
        """Show the rest of a poem at once, cancel it, or leave the workbench: what applies."""
        if self._pending and self._pending.is_composed:
            self._reveal(everything=True)
        elif self._pending:
            self._pending.cancel()
        elif self.working:
            self._leave_workbench()

    def _show_progress(self) -> None:
        if not self._pending:
            return
        if not self._torch_loaded:
            doing = [tr("loading torch")]
        else:
            doing = [tr("writing") if self._pending.has_started else tr("waiting for the model")]
            doing.append(tr("seed {seed}", seed=self._pending.seed))
        self._exhibit.show_status(" · ".join([*doing, tr("escape cancels")]))

    def _reveal_soon(self) -> None:
        """Show what was received: one character after the other, or at once without animations."""
        if self.app.animation_level == "none":
            self._reveal(everything=True)
        else:
            self._reveal_timer.resume()

    def _reveal(self, everything: bool = False) -> None:
        if not self._pending.advance(everything):
            self._reveal_timer.pause()
        if not self._pending:
            return
        place = self._bench if self.working else self._exhibit
        place.write(self._pending.texts, self._pending.busy)
        composed = self._pending.pop_composed()
        if not composed:
            self._show_progress()
        elif self.working:
            self._bench.finish(composed[0])
        else:
            group = PoemGroup(composed)
            self._add(group)
            self.post_message(self.Finished(group))

    def _stop(self, reason: str = "") -> None:
        """Drop what is being written; `reason` is the error, if there was one."""
        self._pending.drop()
        if self.working:
            self._bench.stop(reason)
            return
        self._note(reason, True)
        if self.group:
            self._exhibit.show(self.group)
        else:
            self._show_nothing()

    # --- the exhibit ----------------------------------------------------------------------------

    @property
    def group(self) -> PoemGroup | None:
        """The poems in the exhibit; while new ones are being written, those before."""
        return self._exhibit.group

    def show(self, group: PoemGroup) -> None:
        """Show poems that were written before."""
        self._exhibit.show(group)

    def show_more(self) -> None:
        """Show the best three drafts, or again the poems that were asked for."""
        group = self.group
        if group is None or self._pending:
            # `chosen` says that there is no poem, or not yet.
            self.chosen()
            return
        if not group.has_more:
            self.say(tr("There are no further drafts. The options say how many are written."))
            return
        other = replace(group, more=not group.more)
        self.history.replace(group, other)
        self._exhibit.show(other)

    def _add(self, group: PoemGroup) -> None:
        self.history.add(group)
        self._exhibit.show(group)

    def _show_nothing(self) -> None:
        self._exhibit.show_message(tr(_WELCOME if self.can_write else _NO_MODEL))

    def watch_can_write(self) -> None:
        if self.group is None and not self._pending:
            self._show_nothing()

    def choose(self, step: int) -> None:
        """Choose the next or the previous candidate."""
        self._exhibit.stage.choose(step)

    def scroll_page(self, direction: int) -> None:
        """Scroll the poems by a page."""
        stage = self._exhibit.stage
        stage.scroll_relative(y=direction * stage.size.height, animate=False)

    def toggle_mark(self, name: str) -> None:
        """Show or hide marks in the poems."""
        self._exhibit.overlays = self._exhibit.overlays.toggled(name)
        self._bench.mark(self._exhibit.overlays)
        self._mark()

    def _mark(self) -> None:
        """Mark the poems; request the readings that are needed for it."""
        if self.working:
            self._show_reading()
        if not self._pending:
            self._exhibit.mark()

    def _refresh_marks(self) -> None:
        """Mark the poems with the readings that have arrived."""
        if self.working and self._draft:
            request, text = self._draft.state.request, self._draft.text
            if read := self._readings.find(request, text):
                self._bench.receive(read)
        if not self._pending:
            self._exhibit.refresh_marks()

    # --- the workbench --------------------------------------------------------------------------

    def chosen(self) -> tuple[Composed, WrittenPoem] | None:
        """The poem to use, on the workbench or in the exhibit; None, with a message, if none."""
        if self._pending:
            self.say(tr(STILL_WRITING))
        elif self.group is None:
            self.say(tr("There is no poem yet: press enter."))
        elif self.working and self._draft:
            return self._draft.state, self._draft.state.poems[0]
        else:
            return self.group.poems[self._exhibit.stage.chosen]
        return None

    def open_workbench(self) -> None:
        """Open the workbench with the chosen poem, if there is one."""
        chosen = self.chosen()
        if chosen is None:
            return
        composed, poem = chosen
        gone = composed.request.model
        request = msgspec.structs.replace(composed.request, model=self._models.usable(gone))
        draft = self._draft
        # The same text may be another poem by now: in another form, with another title or poet.
        if draft is None or (draft.state.request, draft.text) != (request, poem.text):
            if reason := _reason_against(poem.text):
                self.say(reason, error=True)
                return
            self._draft = draft = Draft(msgspec.structs.replace(composed, request=request), poem)
        self._opened = draft.state
        self.working = True
        self._bench.open(draft, self._exhibit.overlays)
        self._bench.focus()
        if request.model != gone:
            self.say(tr(_GONE, gone=printable(gone)))

    def work_on(self, request: ComposeRequest) -> None:
        """Open the workbench with the poem that a request gives: a person wrote it."""
        self.drop_pending()
        poem = WrittenPoem(request.given, 0.0, complete=True)
        self._add(PoemGroup((Composed(0, request, "", (poem,), 0.0),)))
        self.open_workbench()

    def _leave_workbench(self) -> None:
        """Go back to the exhibit; a poem or rules that were changed are the newest there."""
        self.working = False
        if self._draft and self._draft.state != self._opened:
            self._add(PoemGroup((self._draft.state,)))
        self._mark()

    @on(Workbench.DraftChanged)
    def _show_reading(self) -> None:
        if self._draft:
            self._refresh_marks()
            self._readings.request(self._draft.state.request, self._draft.text)


def _reason_against(text: str) -> str:
    """Why a poem cannot be worked on; "" if it can."""
    try:
        # A file may have been edited by hand, but each rewrite is a request.
        request_text(text)
    except StudioError as error:
        return str(error)
    return "" if verse_lines(text) else tr("There is no character to work on.")
