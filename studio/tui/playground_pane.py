"""The playground pane: ask for a poem, watch it being written, keep it."""

import random
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Input, Static

from studio.collection import Collection, SavedPoem, saved_now, settings_in_words
from studio.corpus.cleaning import typed_opening
from studio.corpus.poem import STOPS, couplets
from studio.errors import StudioError
from studio.messages import (
    CancelCompose,
    Compose,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Ready,
    Trained,
    TrainingStarted,
    Wrote,
)
from studio.model.events import CheckpointSaved, TrainingEnded
from studio.prosody.forms import forms
from studio.tui.export_screen import ExportScreen
from studio.tui.model_choices import ModelChoice, in_words, model_choices
from studio.tui.opening_input import OpeningInput
from studio.tui.pane import Pane
from studio.tui.poem_chooser import Choice, Entry, PoemChooser
from studio.tui.poem_stage import PoemStage
from studio.tui.request_form import RequestForm
from studio.tui.verse_layout import Shape
from studio.tui.writing import Writing
from studio.verse.request import ComposeRequest

_COLUMNS_A_SECOND = 40
_SEEDS = 1_000_000  # fresh seeds are below: short enough to be copied by hand

_WELCOME = (
    "Press enter, and a poem is written.\n\nType the characters that it shall begin with,\n"
    "or leave them to the model."
)
_NO_MODEL = (
    "There is no model to write with yet.\n\nPress 2 and start a training: the first checkpoint\n"
    "comes within a minute, and poems can be asked for\nfrom the first step on."
)


class PlaygroundPane(Pane):
    """The playground pane."""

    class ModelsFound(Message):
        """The run folders have been read."""

        def __init__(self, models: list[ModelChoice]) -> None:
            super().__init__()
            self.models = models

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", "Write", id="playground.write"),
        Binding("i", "opening", "Opening", id="playground.opening"),
        Binding("o", "options", "Options", id="playground.options"),
        Binding("n", "new", "New", id="playground.new", tooltip="Write with a new seed"),
        Binding("r", "again", "Again", id="playground.again", tooltip="Write with the same seed"),
        Binding("s", "save", "Save", id="playground.save", tooltip="Save to the collection"),
        Binding(
            "c",
            "copy",
            "Copy",
            id="playground.copy",
            tooltip="Send the poem to the terminal's clipboard (OSC 52). "
            "In tmux it arrives with: set -g set-clipboard on",
        ),
        Binding("e", "export", "Export", id="playground.export"),
        Binding("b", "collection", "Book", id="playground.collection", tooltip="The saved poems"),
        Binding("h", "history", "History", id="playground.history", tooltip="This sitting's poems"),
        Binding("f", "cycle('form')", "Form", show=False, id="playground.form"),
        Binding("g", "cycle('strategy')", "Strategy", show=False, id="playground.strategy"),
        Binding("m", "models", "Choose the model", show=False, id="playground.model"),
        Binding("plus,equals_sign", "warm(1)", "Warmer", show=False, id="playground.warmer"),
        Binding("minus", "warm(-1)", "Cooler", show=False, id="playground.cooler"),
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
        self._ticket = 0
        self._writing: Writing | None = None
        self._sitting: list[Composed] = []
        self._shown: Composed | None = None
        self._loaded = False
        self._training: str | None = None
        self._models: list[ModelChoice] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="playground-main"):
            yield OpeningInput(id="opening")
            yield Static(id="opening-note", markup=False)
            yield Static(id="request-summary", markup=False)
            yield PoemStage(id="stage")
            yield Static(id="figures", markup=False)
        yield RequestForm(id="request-form")

    def on_mount(self) -> None:
        self._reveal_timer = self.set_interval(1 / _COLUMNS_A_SECOND, self._reveal, pause=True)
        self._collection = Collection(self.home.collection)
        request = self.studio.settings.request
        self._opening.value = request.first
        self._form.fill(request)
        self._look_for_models()
        self._show_nothing()

    def focus_first(self) -> None:
        """The poems: enter writes, Chinese characters that are typed go to the opening."""
        self._look_for_models()
        self._stage.focus()

    # --- what the worker tells ------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        match event:
            case Ready():
                self._loaded = True
                self._show_figures()
            case Wrote(ticket, characters) if writing := self._written_with(ticket):
                writing.hear(characters)
                self._hurry()
            case Composed(ticket) if writing := self._written_with(ticket):
                writing.composed = event
                self._hurry()
            case ComposeCancelled(ticket) if self._written_with(ticket):
                self._stop_writing()
                self.notify("Cancelled.", markup=False)
            case Failed(_, message, ticket) if ticket and self._written_with(ticket):
                self._stop_writing()
                self._note(message, error=True)
            case TrainingStarted(run):
                self._training = run
                self._look_for_models()
            case Trained(_, TrainingEnded()):
                self._training = None
                self._look_for_models()
            case Trained(_, CheckpointSaved()):
                self._look_for_models()

    def _written_with(self, ticket: int) -> Writing | None:
        return self._writing if self._writing and self._writing.ticket == ticket else None

    # --- asking ---------------------------------------------------------------------------------

    def action_write(self) -> None:
        """Write, with a new seed where each poem gets its own."""
        self._write(fresh=self._form.seeds_afresh)

    def action_new(self) -> None:
        """Write with a new seed."""
        self._write(fresh=True)

    def action_again(self) -> None:
        """Write with the seed that stands in the form."""
        self._write(fresh=False)

    def _write(self, fresh: bool) -> None:
        try:
            first = typed_opening(self._opening.value)
        except StudioError as error:
            self._note(str(error), error=True)
            return
        if fresh:
            self._form.seed = random.randrange(_SEEDS)
        request = self._form.request(first)
        if request is None:
            self._open_options()
            self.call_after_refresh(self._form.focus_bad)
            return
        self._ask(request)

    def _ask(self, request: ComposeRequest) -> None:
        if self._writing:
            self.send(CancelCompose(self._writing.ticket))
        self._ticket += 1
        self._writing = Writing(self._ticket, request)
        self._note("")
        self._close_options()
        self._stage.focus()
        self._stage.show(self._writing.texts, _marked(request), _shape(request.form), writing=True)
        self._show_figures()
        self.send(Compose(self._ticket, request))

    def action_escape(self) -> None:
        """Give up what is being written, or go back to the poems."""
        writing = self._writing
        if writing and writing.composed:
            writing.show_all()
            self._reveal()
        elif writing:
            self.send(CancelCompose(writing.ticket))
        self._close_options()
        self._stage.focus()

    # --- being written --------------------------------------------------------------------------

    def _hurry(self) -> None:
        """Show what has come: a character after the other, or at once without animations."""
        if self.app.animation_level == "none" and self._writing:
            self._writing.show_all()
            self._reveal()
        else:
            self._reveal_timer.resume()

    def _reveal(self) -> None:
        writing = self._writing
        if writing is None or not writing.advance():
            self._reveal_timer.pause()
        if writing is None:
            return
        self._stage.write(writing.texts, writing.busy)
        if writing.composed and writing.is_all_shown:
            self._writing = None
            self._sitting.append(writing.composed)
            self.studio.remember(request=writing.composed.request)
            self._show(writing.composed)
        else:
            self._show_figures()

    def _stop_writing(self) -> None:
        self._writing = None
        if self._shown:
            self._show(self._shown)
        else:
            self._show_nothing()

    # --- showing --------------------------------------------------------------------------------

    def _show(self, composed: Composed) -> None:
        """Show poems that are complete."""
        self._shown = composed
        texts = [poem.text for poem in composed.poems]
        self._stage.show(texts, _marked(composed.request))
        if len(texts) > 1:
            self._stage.name_figures([_figure(p.log_probability) for p in composed.poems])
        self._show_figures()

    def _show_nothing(self) -> None:
        self._shown = None
        self._stage.say(_WELCOME if self._can_write else _NO_MODEL)
        self._show_figures()

    @property
    def _can_write(self) -> bool:
        """False only once it is known that there is no model."""
        return self._models is None or bool(self._models) or self._training is not None

    def _show_figures(self) -> None:
        """The line under the poems: what wrote them, and how likely it found them."""
        self.query_one("#figures", Static).update(Content(self._figures()))

    def _figures(self) -> str:
        if writing := self._writing:
            if not self._loaded:
                return "loading torch · escape cancels"
            doing = "writing" if writing.has_begun else "waiting for the model"
            return f"{doing} · seed {writing.request.seed} · escape cancels"
        composed = self._shown
        if composed is None:
            return ""
        count = len(composed.poems)
        index = min(self._stage.chosen, count - 1)
        poem = composed.poems[index]
        words = [f"{index + 1} of {count}"] if count > 1 else []
        words.append(f"mean log probability {_figure(poem.log_probability)}")
        words += [] if poem.complete else ["cut at the length limit"]
        written = f"with {in_words(composed.model)} · seed {composed.request.seed}"
        return f"{written}\n{' · '.join(words)}"

    @on(PoemStage.Chosen)
    def _another_chosen(self) -> None:
        self._show_figures()

    def action_choose(self, step: int) -> None:
        """Go to the next candidate, or the one before."""
        self._stage.choose(step)

    def action_scroll(self, direction: int) -> None:
        """Scroll the poems by a page."""
        self._stage.scroll_relative(y=direction * self._stage.size.height, animate=False)

    # --- the form -------------------------------------------------------------------------------

    @on(OpeningInput.Changed)
    def _opening_changed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            converted = typed_opening(event.value)
        except StudioError as error:
            self._note(str(error), error=True)
            return
        self._note(f"→ {converted}" if converted != event.value else "")

    @on(OpeningInput.Refused)
    def _opening_refused(self, event: OpeningInput.Refused) -> None:
        self._note(event.reason, error=True)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_write()

    def on_key(self, event: Key) -> None:
        # What an input method sends is text for the opening; ASCII letters are commands.
        if event.character and event.is_printable and not event.character.isascii():
            event.stop()
            self._begin_opening(event.character)

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self._begin_opening(event.text)

    def _begin_opening(self, text: str) -> None:
        """Begin a new opening with what was typed elsewhere; what follows is typed into it."""
        if self.screen.focused is not self._opening:
            self._opening.value = ""
            self.screen.set_focus(self._opening)
        self._opening.insert_text_at_cursor(text)

    @on(RequestForm.Changed)
    def _form_changed(self) -> None:
        request = self._form.request("")
        if request is None:
            self.query_one("#request-summary", Static).update("a setting cannot be used: press o")
            return
        words = [settings_in_words(request)]
        if request.candidates > 1:
            words.append(f"{request.candidates} poems")
        words.append("new seed" if self._form.seeds_afresh else f"seed {request.seed}")
        if request.model != "auto":
            words.append(in_words(request.model))
        self.query_one("#request-summary", Static).update(Content(" · ".join(words)))

    def action_opening(self) -> None:
        """Type the opening."""
        self._close_options()
        self._opening.focus()

    def action_options(self) -> None:
        """Change the request's settings."""
        self._open_options()
        self._form.focus_first()

    def action_cycle(self, name: str) -> None:
        """Choose the next form or strategy."""
        self._form.cycle(name)

    def action_warm(self, steps: int) -> None:
        """Raise or lower the temperature."""
        self._form.warm(steps)

    def action_models(self) -> None:
        """Unfold the list of models."""
        self._open_options()
        self.call_after_refresh(self._form.open_models)

    def _open_options(self) -> None:
        self.add_class("-options")

    def _close_options(self) -> None:
        self.remove_class("-options")

    def _note(self, text: str, error: bool = False) -> None:
        note = self.query_one("#opening-note", Static)
        note.update(Content(text))
        note.display = bool(text)
        note.set_class(error, "error")

    @work(thread=True, exclusive=True, group="models", exit_on_error=False)
    def _look_for_models(self) -> None:
        """Read the run folders, away from the application's thread."""
        self.post_message(self.ModelsFound(model_choices(self.home)))

    @on(ModelsFound)
    def _offer_models(self, event: ModelsFound) -> None:
        found = event.models
        wanted = self.studio.settings.request.model
        first_look = self._models is None
        self._models = found
        self._form.offer_models(found, self._training)
        if first_look and wanted in self._form.models:
            self._form.model = wanted
        if self._shown is None and self._writing is None:
            self._show_nothing()

    # --- what was written -----------------------------------------------------------------------

    def action_look(self, step: int) -> None:
        """Go back and forth in what was written in this sitting."""
        if not self._sitting or self._writing:
            return
        places = [place for place, each in enumerate(self._sitting) if each is self._shown]
        place = places[0] + step if places else len(self._sitting) - 1
        if 0 <= place < len(self._sitting):
            self._recall(self._sitting[place])

    def action_history(self) -> None:
        """List what was written in this sitting."""
        nothing = "Nothing has been written yet. Go back and press enter."
        entries = [Entry(each) for each in self._sitting]
        chooser = PoemChooser("Written in this sitting", entries, nothing)
        self.app.push_screen(chooser, self._chosen)

    def action_collection(self) -> None:
        """List the saved poems."""
        try:
            saved = self._collection.poems()
        except StudioError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        nothing = "No poem has been saved yet. Go back and press s under one that you like."
        entries = [Entry.of_saved(each) for each in saved]
        chooser = PoemChooser("Saved poems", entries, nothing, self._collection, self.home.exports)
        self.app.push_screen(chooser, self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice is None:
            return
        composed = choice.composed
        self._recall(composed)
        if choice.again:
            request = composed.request
            if composed.model in self._form.models:
                # "auto" may mean another model by now.
                request = msgspec.structs.replace(request, model=composed.model)
            self._ask(request)

    def _recall(self, composed: Composed) -> None:
        """Show poems again, and their request in the form."""
        self._opening.value = composed.request.first
        self._form.fill(composed.request)
        self._show(composed)

    # --- keeping --------------------------------------------------------------------------------

    def _poem(self) -> SavedPoem | None:
        """The poem chosen; says so where there is none."""
        if self._shown is None or self._writing:
            self.notify("There is no poem yet: press enter.", markup=False)
            return None
        poem = self._shown.poems[self._stage.chosen]
        return saved_now(poem, self._shown.request, self._shown.model)

    def action_save(self) -> None:
        """Save the poem to the collection."""
        if poem := self._poem():
            try:
                added = self._collection.add(poem)
            except StudioError as error:
                self.notify(str(error), severity="error", markup=False)
                return
            self.notify("Saved: b opens the book." if added else "Saved already.", markup=False)

    def action_copy(self) -> None:
        """Send the poem to the terminal's clipboard."""
        if poem := self._poem():
            self.app.copy_to_clipboard("\n".join(couplets(poem.poem.text)))
            self.notify("Sent to the terminal's clipboard.", markup=False)

    def action_export(self) -> None:
        """Ask for a file and write the poem to it."""
        if poem := self._poem():
            self.app.push_screen(ExportScreen([poem], self.home.exports), self._exported)

    def _exported(self, path: Path | None) -> None:
        if path:
            self.notify(f"Exported to {path}", markup=False)

    # --- parts ----------------------------------------------------------------------------------

    @property
    def _opening(self) -> OpeningInput:
        return self.query_one("#opening", OpeningInput)

    @property
    def _form(self) -> RequestForm:
        return self.query_one(RequestForm)

    @property
    def _stage(self) -> PoemStage:
        return self.query_one(PoemStage)


def _marked(request: ComposeRequest) -> int:
    """How many characters of the poem were given, stops left out."""
    return sum(character not in STOPS for character in typed_opening(request.first))


def _shape(form: str) -> Shape:
    """The shape of a poem of that form; of a free one, a guess to begin with."""
    if form in forms():
        return Shape(forms()[form].line_length, forms()[form].line_count)
    return Shape(7, 4)


def _figure(log_probability: float) -> str:
    return f"{log_probability:.2f}"
