"""The playground pane: ask for a poem, watch it being written, work on it, keep it."""

import itertools
import random
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from studio.collection.again import compare
from studio.collection.saved import SavedPoem, saved_now
from studio.messages import (
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Inspected,
    Ready,
    Trained,
    TrainingStarted,
    Wrote,
)
from studio.model.events import CheckpointSaved, TrainingEnded
from studio.tui.playground.asking import AskingPane
from studio.tui.playground.chooser import Choice, Entry, PoemChooser
from studio.tui.playground.exhibit import Exhibit
from studio.tui.playground.keeping import Keeping
from studio.tui.playground.opening_input import OpeningInput
from studio.tui.playground.orders import Orders
from studio.tui.playground.readings import Readings
from studio.tui.playground.request_form import RequestForm
from studio.tui.playground.sitting import Showing, Sitting
from studio.tui.workbench.draft import Draft
from studio.tui.workbench.workbench import SEEDS, Workbench
from studio.verse.request import ComposeRequest

_COLUMNS_A_SECOND = 40

_WELCOME = (
    "Press enter, and a poem is written.\n\n"
    "Type the characters that it shall begin with, or leave them to the model."
)
_NO_MODEL = (
    "There is no model to write with yet.\n\n"
    "Press 2 and start a training: the first checkpoint comes within a minute, and poems can be "
    "asked for from the first step on."
)
# What can be done with the poem on the workbench; the other keys are for asking.
_AT_WORK = ("mark", "save", "copy", "export", "escape")


class PlaygroundPane(AskingPane):
    """The playground pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "w",
            "work",
            "Work",
            id="playground.work",
            tooltip="Work on the poem: alternatives, kept characters, another line, undo",
        ),
        Binding("s", "save", "Save", id="playground.save", tooltip="Save to the collection"),
        Binding(
            "c",
            "copy",
            "Copy",
            id="playground.copy",
            tooltip="Send the poem, with its model and seed, to the terminal's clipboard (OSC 52). "
            "In tmux it arrives with: set -g set-clipboard on",
        ),
        Binding("e", "export", "Export", id="playground.export"),
        Binding("b", "collection", "Book", id="playground.collection", tooltip="The saved poems"),
        Binding("n", "new", "New", id="playground.new", tooltip="Write with a new seed"),
        Binding("r", "again", "Again", id="playground.again", tooltip="Write with the same seed"),
        Binding("h", "history", "History", id="playground.history", tooltip="This sitting's poems"),
        Binding(
            "t",
            "mark('tones')",
            "Tones",
            id="playground.tones",
            tooltip="Tones 平 仄 and rhymes 韵 under the characters; what breaks a rule stands out",
        ),
        Binding(
            "p",
            "mark('pinyin')",
            "Pinyin",
            id="playground.pinyin",
            tooltip="Pinyin over the characters",
        ),
        Binding(
            "v",
            "mark('copied')",
            "Copied",
            id="playground.copied",
            tooltip="Underline what stands in the corpus verbatim, four characters or more",
        ),
        Binding(
            "l",
            "mark('likelihood')",
            "Likelihood",
            id="playground.likelihood",
            tooltip="Tint the characters that the model finds unlikely",
        ),
        Binding("left", "choose(-1)", "Candidate before", show=False, id="playground.left"),
        Binding("right", "choose(1)", "Next candidate", show=False, id="playground.right"),
        Binding("up", "look(-1)", "Poem written before", show=False, id="playground.older"),
        Binding("down", "look(1)", "Poem written after", show=False, id="playground.newer"),
        Binding("pageup", "scroll(-1)", "Scroll up", show=False, id="playground.pageup"),
        Binding("pagedown", "scroll(1)", "Scroll down", show=False, id="playground.pagedown"),
        Binding("escape", "escape", "Cancel", show=False, id="playground.escape"),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        tickets = itertools.count(1)
        self._orders = Orders(self.send, tickets)
        self._sitting = Sitting()
        # The poem on the workbench, if there is one; it stays what it was when one comes back.
        self._draft: Draft | None = None
        # The saved poem that is being written again, if it is one.
        self._awaited: SavedPoem | None = None
        self._readings = Readings(self.send, tickets)
        self._loaded = False

    def compose(self) -> ComposeResult:
        with Vertical(id="playground-main"):
            yield OpeningInput(id="opening")
            yield Static(id="opening-note", markup=False)
            yield Static(id="request-summary", markup=False)
            yield Exhibit(self._readings)
        yield RequestForm(id="request-form")
        yield Workbench()

    def on_mount(self) -> None:
        self._reveal_timer = self.set_interval(1 / _COLUMNS_A_SECOND, self._reveal, pause=True)
        self._keeping = Keeping(self.app, self.home, self._say)
        self.fill(self.studio.settings.request)
        self.look_for_models()
        self._show_nothing()

    def focus_first(self) -> None:
        """The poems: enter writes, Chinese characters that are typed go to the opening."""
        (self._bench if self._working else self._exhibit.stage).focus()

    def refresh_from_disk(self) -> None:
        """Read the run folders: models may have been trained elsewhere."""
        self.look_for_models()

    # --- what the worker tells ------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        match event:
            case Ready():
                self._loaded = True
                self._tell_progress()
            case Wrote(ticket, characters) if writing := self._orders.known(ticket):
                writing.hear(characters)
                self._hurry()
            case Composed(ticket) if self._orders.known(ticket):
                self._orders.finish(event)
                self._hurry()
            case ComposeCancelled(ticket) if self._orders.known(ticket):
                self._stop_writing()
                self._say("Cancelled.")
            case Inspected():
                self._readings.hear(event)
                self._show_known()
            case Failed(_, message, ticket) if self._orders.known(ticket):
                self._stop_writing(message)
            case Failed(_, message, ticket) if ticket and self._readings.failed(ticket):
                if self._working:
                    self._bench.say(message, error=True)
            case TrainingStarted() | Trained(_, TrainingEnded()):
                self._readings.forget()
                self.look_for_models()
            case Trained(_, CheckpointSaved()):
                self.look_for_models()

    # --- asking ---------------------------------------------------------------------------------

    def action_write(self) -> None:
        """Write, with a new seed where each poem gets its own."""
        self._write(fresh=self.form.seeds_afresh)

    def action_new(self) -> None:
        """Write with a new seed."""
        self._write(fresh=True)

    def action_again(self) -> None:
        """Write with the seed that stands in the form, and with what was given at the workbench."""
        request = self.asked()
        if request is not None and self._shown:
            # The form never holds that: it goes with the poem, as long as nothing else is asked.
            shown = self._shown.orders[0].request
            if shown.given and _as_asked(shown) == request:
                self._ask(shown)
                return
        self._write(fresh=False)

    def _write(self, fresh: bool) -> None:
        if fresh:
            self.form.seed = random.randrange(SEEDS)
        request = self.asked()
        if request is None:
            return
        beside = self.form.beside
        self._ask(request, *([msgspec.structs.replace(request, model=beside)] if beside else []))

    def _ask(self, *requests: ComposeRequest) -> None:
        """Have poems written; two requests stand side by side."""
        self._orders.begin(requests)
        self._awaited = None
        self.note("")
        self.close_options()
        self._exhibit.stage.focus()
        self._exhibit.begin(requests, self._orders.texts)
        self._tell_progress()

    def _tell_progress(self) -> None:
        """Say under the poems how far they are."""
        if not self._orders:
            return
        if not self._loaded:
            doing = "loading torch"
        else:
            doing = "writing" if self._orders.has_begun else "waiting for the model"
            doing += f" · seed {self._orders.seed}"
        self._exhibit.tell(f"{doing} · escape cancels")

    def action_escape(self) -> None:
        """Give up what is being written, or go back to the poems."""
        if self._orders and self._orders.is_composed:
            self._reveal(everything=True)
        elif self._orders:
            self._orders.cancel()
        elif self._working:
            self._leave_bench()
        self.close_options()
        (self._bench if self._working else self._exhibit.stage).focus()

    # --- being written --------------------------------------------------------------------------

    def _hurry(self) -> None:
        """Show what has come: a character after the other, or at once without animations."""
        if self.app.animation_level == "none":
            self._reveal(everything=True)
        else:
            self._reveal_timer.resume()

    def _reveal(self, everything: bool = False) -> None:
        if not self._orders.advance(everything):
            self._reveal_timer.pause()
        if not self._orders:
            return
        target = self._bench if self._working else self._exhibit
        target.write(self._orders.texts, self._orders.busy)
        orders = self._orders.take()
        if not orders:
            self._tell_progress()
        elif self._working:
            self._bench.take(orders[0])
        else:
            showing = Showing(orders)
            self._sitting.add(showing)
            self.studio.save_settings(request=_as_asked(orders[0].request))
            self._exhibit.show(showing)
            self._compare(orders[0])

    def _stop_writing(self, reason: str = "") -> None:
        """Nothing comes of what was being written; `reason` says why."""
        self._orders.give_up()
        if self._working:
            self._bench.end(reason)
            return
        self.note(reason, error=True)
        if self._shown:
            self._exhibit.show(self._shown)
        else:
            self._show_nothing()

    # --- showing --------------------------------------------------------------------------------

    @property
    def _shown(self) -> Showing | None:
        return self._exhibit.showing

    def _show_nothing(self) -> None:
        self._exhibit.say(_WELCOME if self.can_write else _NO_MODEL)

    def models_changed(self) -> None:
        if self._shown is None and not self._orders:
            self._show_nothing()

    def action_choose(self, step: int) -> None:
        """Go to the next candidate, or the one before."""
        self._exhibit.stage.choose(step)

    def action_scroll(self, direction: int) -> None:
        """Scroll the poems by a page."""
        stage = self._exhibit.stage
        stage.scroll_relative(y=direction * stage.size.height, animate=False)

    def action_mark(self, name: str) -> None:
        """Show some marks in the poems, or hide them."""
        self._exhibit.overlays = self._exhibit.overlays.toggled(name)
        self._bench.mark(self._exhibit.overlays)
        self._show_marks()

    def _show_marks(self) -> None:
        """Mark the poems, and have read back what must be for that."""
        if self._working:
            self._show_reading()
        if not self._orders:
            self._exhibit.mark()

    def _show_known(self) -> None:
        """Mark the poems with what is known of them by now; asks for nothing."""
        if self._working and self._draft:
            request, text = self._draft.state.request, self._draft.text
            if read := self._readings.known(request, text):
                self._bench.hear(read)
        if not self._orders:
            self._exhibit.mark_known()

    # --- the workbench --------------------------------------------------------------------------

    @property
    def _working(self) -> bool:
        return self.has_class("-working")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """At the workbench the keys for asking rest."""
        return not self._working or action in _AT_WORK

    def action_work(self) -> None:
        """Take the chosen poem to the workbench."""
        shown = self._complete()
        if shown is None:
            return
        order, poem = shown.poems[self._exhibit.stage.chosen]
        if self._draft is None or self._draft.text != poem.text:
            draft = Draft(order, poem)
            if not draft.lines:
                self._say("There is no character to work on.")
                return
            self._draft = draft
        self.close_options()
        self.add_class("-working")
        self._bench.open(self._draft, self._exhibit.overlays)
        self._bench.focus()

    def _leave_bench(self) -> None:
        """Back to the poems; one that was changed is the newest of them."""
        self.remove_class("-working")
        draft = self._draft
        if draft and self._shown and draft.text not in [p.text for _, p in self._shown.poems]:
            showing = Showing((draft.state,))
            self._sitting.add(showing)
            self._exhibit.show(showing)
        self._show_marks()

    @on(Workbench.Asked)
    def _rewrite(self, event: Workbench.Asked) -> None:
        # The form rests behind the workbench, but the rules for the tones are those that it has.
        request = msgspec.structs.replace(event.request, tones=self.form.tones)
        self._bench.begin()
        self._orders.begin([request])

    @on(Workbench.Changed)
    def _show_reading(self) -> None:
        if self._draft:
            self._show_known()
            self._readings.ask(self._draft.state.request, self._draft.text)

    # --- what was written -----------------------------------------------------------------------

    def action_look(self, step: int) -> None:
        """Go back and forth in what was written in this sitting."""
        if not self._orders and (showing := self._sitting.beside(self._shown, step)):
            self._recall(showing)

    def action_history(self) -> None:
        """List what was written in this sitting."""
        nothing = "Nothing has been written yet. Go back and press enter."
        entries = [Entry(each) for each in self._sitting.orders]
        chooser = PoemChooser("Written in this sitting", entries, nothing)
        self.app.push_screen(chooser, self._chosen)

    def action_collection(self) -> None:
        """List the saved poems."""
        saved = self._keeping.saved()
        if saved is None:
            return
        nothing = "No poem has been saved yet. Go back and press s under one that you like."
        entries = [Entry.of_saved(each) for each in saved]
        collection = self._keeping.collection
        chooser = PoemChooser("Saved poems", entries, nothing, collection, self.home.exports)
        self.app.push_screen(chooser, self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is None:
            return
        composed = choice.composed
        # What is being written would be shown in its place.
        self._orders.give_up()
        self._recall(Showing((composed,)))
        if choice.again:
            request = composed.request
            if composed.model in self.form.models:
                # "auto" may mean another model by now.
                request = msgspec.structs.replace(request, model=composed.model)
            self._ask(choice.saved.rewrite_request if choice.saved else request)
            self._awaited = choice.saved

    def _compare(self, order: Composed) -> None:
        """Say whether a saved poem has been written again to the letter."""
        if saved := self._awaited:
            again = compare(saved, order.model, [poem.text for poem in order.poems])
            self.note(again.sentence, error=not again.is_same)

    def _recall(self, showing: Showing) -> None:
        """Show poems again, and their request in the form."""
        self.fill(_as_asked(showing.orders[0].request))
        self.note("")
        self._exhibit.show(showing)

    # --- keeping --------------------------------------------------------------------------------

    def _complete(self) -> Showing | None:
        """The poems that are shown; says so where there are none, or not yet."""
        if self._orders:
            self._say("The poem is still being written.")
            return None
        if self._shown is None:
            self._say("There is no poem yet: press enter.")
        return self._shown

    def _poem(self) -> SavedPoem | None:
        """The poem chosen; says so where there is none."""
        shown = self._complete()
        if shown is None:
            return None
        order, poem = shown.poems[self._exhibit.stage.chosen]
        if self._working and self._draft:
            order, poem = self._draft.state, self._draft.state.poems[0]
        return saved_now(poem, order.request, order.model)

    def action_save(self) -> None:
        """Save the poem to the collection."""
        if poem := self._poem():
            self._keeping.save(poem)

    def action_copy(self) -> None:
        """Send the poem to the terminal's clipboard."""
        if poem := self._poem():
            self._keeping.copy(poem)

    def action_export(self) -> None:
        """Ask for a file and write the poem to it."""
        if poem := self._poem():
            self._keeping.export(poem)

    def _say(self, text: str, error: bool = False) -> None:
        """Say what came of a key, where one looks: under the opening, or at the workbench."""
        if self._working:
            self._bench.say(text, error)
        else:
            self.note(text, error)

    @property
    def _exhibit(self) -> Exhibit:
        return self.query_one(Exhibit)

    @property
    def _bench(self) -> Workbench:
        return self.query_one(Workbench)


def _as_asked(request: ComposeRequest) -> ComposeRequest:
    """A request without what was given of the poem at the workbench: that stays with the poem."""
    return msgspec.structs.replace(request, given="")
