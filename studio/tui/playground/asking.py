"""The half of the playground that asks: the opening, the form, the models to choose from."""

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Input, Static

from studio.collection.in_words import settings_in_words
from studio.errors import StudioError
from studio.tui.pane import Pane
from studio.tui.playground.model_choices import in_words, model_choices
from studio.tui.playground.opening_input import OpeningInput
from studio.tui.playground.request_form import RequestForm
from studio.tui.widgets.form_fields import Option
from studio.verse.request import ComposeRequest


class AskingPane(Pane):
    """Gathers a request from the opening and the form that the pane holds."""

    class ModelsFound(Message):
        """The run folders have been read."""

        def __init__(self, models: list[Option]) -> None:
            super().__init__()
            self.models = models

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", "Write", id="playground.write"),
        Binding("i", "opening", "Opening", id="playground.opening"),
        Binding("o", "options", "Options", id="playground.options"),
        Binding("f", "cycle('form')", "Form", show=False, id="playground.form"),
        Binding("g", "cycle('strategy')", "Strategy", show=False, id="playground.strategy"),
        Binding("m", "models", "Choose the model", show=False, id="playground.model"),
        Binding("plus,equals_sign", "warm(1)", "Warmer", show=False, id="playground.warmer"),
        Binding("minus", "warm(-1)", "Cooler", show=False, id="playground.cooler"),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._models: list[Option] | None = None

    @property
    def can_write(self) -> bool:
        """False only once it is known that there is no model."""
        return self._models is None or bool(self._models) or self._run_in_training != ""

    @property
    def _run_in_training(self) -> str:
        return self.studio.run_in_training.name

    def action_write(self) -> None:
        """Write what was asked for."""
        raise NotImplementedError

    def models_changed(self) -> None:
        """The models that there are have been looked up."""
        raise NotImplementedError

    # --- a request ------------------------------------------------------------------------------

    def asked(self) -> ComposeRequest | None:
        """The request as it stands; None, and the reason shown, where it cannot be used."""
        try:
            request = self.form.request(self.opening.value)
        except StudioError as error:
            self.note(str(error), error=True)
            return None
        if request is None:
            self.open_options()
            self.call_after_refresh(self.form.focus_bad)
        return request

    def fill(self, request: ComposeRequest) -> None:
        """Show a request in the opening and the form."""
        self.opening.value = request.first
        self.form.fill(request)

    @on(OpeningInput.Changed)
    def _opening_changed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            converted = ComposeRequest(first=event.value).first
        except StudioError as error:
            self.note(str(error), error=True)
            return
        self.note(f"→ {converted}" if converted != event.value else "")

    @on(OpeningInput.Refused)
    def _opening_refused(self, event: OpeningInput.Refused) -> None:
        self.note(event.reason, error=True)

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
        if self.screen.focused is not self.opening:
            self.opening.value = ""
            self.screen.set_focus(self.opening)
        self.opening.insert_text_at_cursor(text)

    @on(RequestForm.Changed)
    def _form_changed(self) -> None:
        request = self.form.request("")
        if request is None:
            self.query_one("#request-summary", Static).update("a setting cannot be used: press o")
            return
        words = [settings_in_words(request)]
        if request.candidates > 1:
            words.append(f"{request.candidates} poems")
        words.append("new seed" if self.form.seeds_afresh else f"seed {request.seed}")
        if request.model != "auto":
            words.append(in_words(request.model))
        self.query_one("#request-summary", Static).update(Content(" · ".join(words)))

    def action_opening(self) -> None:
        """Type the opening."""
        self.close_options()
        self.opening.focus()

    def action_options(self) -> None:
        """Change the request's settings."""
        self.open_options()
        self.form.focus_first()

    def action_cycle(self, name: str) -> None:
        """Choose the next form or strategy."""
        self.form.cycle(name)

    def action_warm(self, steps: int) -> None:
        """Raise or lower the temperature."""
        self.form.warm(steps)

    def action_models(self) -> None:
        """Unfold the list of models."""
        self.open_options()
        self.call_after_refresh(self.form.open_models)

    def open_options(self) -> None:
        """Show the form where it shares its place with the poems."""
        self.add_class("-options")

    def close_options(self) -> None:
        """Show the poems again."""
        self.remove_class("-options")

    def note(self, text: str, error: bool = False) -> None:
        """Say something under the opening."""
        note = self.query_one("#opening-note", Static)
        # Each update lays the whole screen out again.
        if str(note.content) != text:
            note.update(Content(text))
        note.display = bool(text)
        note.set_class(error, "error")

    @work(thread=True, exclusive=True, group="models", exit_on_error=False)
    def look_for_models(self) -> None:
        """Read the run folders, away from the application's thread."""
        self.post_message(self.ModelsFound(model_choices(self.home)))

    @on(ModelsFound)
    def _offer_models(self, event: ModelsFound) -> None:
        found = event.models
        wanted = self.studio.settings.request.model
        first_look = self._models is None
        self._models = found
        self.form.offer_models(found, self._run_in_training)
        if first_look and wanted in self.form.models:
            self.form.model = wanted
        self.models_changed()

    # --- parts ----------------------------------------------------------------------------------

    @property
    def opening(self) -> OpeningInput:
        """The field for the first characters."""
        return self.query_one("#opening", OpeningInput)

    @property
    def form(self) -> RequestForm:
        """The request's other fields."""
        return self.query_one(RequestForm)
