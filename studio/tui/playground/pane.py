"""The playground pane: request a poem, watch it being written, work on it, keep it."""

from collections.abc import Collection
from datetime import date
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Key, Paste
from textual.widgets import Input

from studio.collection.again import compare
from studio.collection.saved import SavedPoem, saved_now
from studio.errors import StudioError
from studio.messages import Composed, Event, Failed, Ready, Trained, TrainingStarted
from studio.model.events import CheckpointSaved, TrainingEnded
from studio.paths import default_model
from studio.prosody.measure import Measure
from studio.translation import tr
from studio.tui.pane import Pane
from studio.tui.playground.chooser import ChosenPoem, PoemChooser, PoemEntry
from studio.tui.playground.desk import STILL_WRITING, Desk
from studio.tui.playground.keeping import Keeping
from studio.tui.playground.keys import PLAYGROUND_KEYS, WORKBENCH_ACTIONS
from studio.tui.playground.model_fields import ModelFields
from studio.tui.playground.opening import Opening
from studio.tui.playground.own_poem_screen import OwnPoemScreen, TypedPoem
from studio.tui.playground.poem_history import PoemGroup
from studio.tui.playground.request_form import RequestForm
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.workbench.workbench import Workbench
from studio.verse.request import USUAL, ComposeRequest


class PlaygroundPane(Pane):
    """The opening and the form make a request, the desk shows its poems.

    A narrow pane has no room for the form: with the class `-options` it replaces the poems. With
    the class `-working` the workbench replaces everything else.
    """

    BINDINGS: ClassVar[list[BindingType]] = PLAYGROUND_KEYS
    STYLED_BY_CLASSES = (
        "#playground-main, #request-summary, .hint, Opening, Exhibit, RequestForm, #bench, "
        "Workbench, ReadingPanel"
    )

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.opening = Opening()
        self.form = RequestForm(id="request-form")
        self.desk = Desk(self.send, self.opening.show_note, self.form.models)
        # The poem that is shown when the studio opens.
        self._greeting: ComposeRequest | None = None
        # The poem of one's own that is being typed.
        self._typed = TypedPoem()
        # The saved poem that is being written again.
        self._to_compare: SavedPoem | None = None
        # The texts that were given in the form, not on the workbench.
        self._given = {""}

    def compose(self) -> ComposeResult:
        with Vertical(id="playground-main"):
            yield self.opening
            yield self.desk
        yield self.form

    def on_mount(self) -> None:
        self._keeping = Keeping(self.app, self.home, self.desk.say)
        self.watch(self.desk, "working", self._working_changed, init=False)
        self._fill(self.studio.settings.request)
        self.form.models.look()

    def focus_first(self) -> None:
        """Focus the poems: enter writes, Chinese characters that are typed go to the opening."""
        self.desk.focus_poem()

    def refresh_from_disk(self) -> None:
        """Read the run folders: models may have been trained elsewhere."""
        self.form.models.look()

    def receive(self, event: Event) -> None:
        self.desk.receive(event)
        match event:
            case Ready() if default_model() and not (self.desk.group or self.desk.is_writing):
                self._greet()
            case (
                TrainingStarted()
                | Trained(_, TrainingEnded() | CheckpointSaved())
                | Failed(run_ended=True)
            ):
                self.form.models.look()

    def _greet(self) -> None:
        """Write the poem of the day. Nothing that the user has set or saved changes."""
        self._greeting = msgspec.structs.replace(
            USUAL, form="七绝", model="default", seed=date.today().toordinal()
        )
        self.desk.write(self._greeting, is_asked_for=False)

    # --- the request ----------------------------------------------------------------------------

    def read_request(self) -> ComposeRequest | None:
        """Read the opening and the form; None, with the reason shown, if one is not usable."""
        try:
            request = self.form.request(self.opening.input.value)
        except StudioError as error:
            self.opening.show_note(str(error), error=True)
            return None
        if request is None:
            self.add_class("-options")
            self.call_after_refresh(self.form.focus_bad)
        return request

    def _fill(self, request: ComposeRequest) -> None:
        """Show a request in the opening and the form."""
        self.opening.input.value = request.first
        self.form.fill(request)

    def on_key(self, event: Key) -> None:
        # What an input method sends is text for the opening; ASCII letters are commands.
        if event.character and event.is_printable and not event.character.isascii():
            event.stop()
            # The form may cover the opening.
            self.remove_class("-options")
            self.opening.start_with(event.character)

    def on_paste(self, event: Paste) -> None:
        event.stop()
        self.remove_class("-options")
        self.opening.start_with(event.text)

    @on(PinyinInput.Refused)
    def _show_refused(self, event: PinyinInput.Refused) -> None:
        self.opening.show_note(event.reason, error=True)

    @on(RequestForm.RequestChanged)
    def _show_summary(self) -> None:
        self.opening.show_summary(self.form.request(""), self.form.has_new_seeds)

    @on(ModelFields.ModelsFound)
    def _models_found(self) -> None:
        self.desk.can_write = self.form.models.can_write

    def action_opening(self) -> None:
        """Type the opening."""
        self.remove_class("-options")
        self.opening.input.focus()

    def action_options(self) -> None:
        """Change the settings of the request."""
        self.add_class("-options")
        self.form.focus_first()

    def action_cycle(self, name: str) -> None:
        """Choose the next form or strategy."""
        self.form.cycle(name)

    def action_warm(self, steps: int) -> None:
        """Raise or lower the temperature."""
        self.form.warm(steps)

    def action_models(self) -> None:
        """Show the list of models."""
        self.add_class("-options")
        self.call_after_refresh(self.form.models.unfold)

    # --- writing --------------------------------------------------------------------------------

    @on(Input.Submitted)
    def action_write(self) -> None:
        """Write, with a new seed unless the form fixes it."""
        self._write_request(with_new_seed=self.form.has_new_seeds)

    def action_new(self) -> None:
        """Write with a new seed."""
        self._write_request(with_new_seed=True)

    def action_again(self) -> None:
        """Write with the seed in the form, and with what was given on the workbench."""
        request, shown = self.read_request(), self.desk.group
        if request is not None and shown:
            # The form does not have what was given on the workbench: it belongs to the poem.
            before = shown.composed[0].request
            if before.given and _for_the_form(shown.composed[0], self._given) == request:
                self._write(before, around=True)
                return
        self._write_request(with_new_seed=False)

    def _write_request(self, with_new_seed: bool) -> None:
        if with_new_seed:
            self.form.renew(self.studio.settings.request.ranking)
        request = self.read_request()
        if request is None:
            return
        self._given.add(request.given)
        model = self.form.models.compared
        self._write(request, *([msgspec.structs.replace(request, model=model)] if model else []))

    def _write(self, *requests: ComposeRequest, around: bool = False) -> None:
        self._to_compare = None
        self.opening.show_note("")
        self.remove_class("-options")
        self.desk.write(*requests, around=around)

    @on(Desk.Finished)
    def _finished(self, event: Desk.Finished) -> None:
        self.opening.take_back(tr(STILL_WRITING))
        composed = event.group.composed[0]
        if composed.request == self._greeting and self._to_compare is None:
            self.opening.show_note(tr("The poem of the day. Press enter to write another."))
            return
        request = _for_the_settings(composed.request, self.studio.settings.request)
        self.studio.save_settings(request=request)
        if saved := self._to_compare:
            again = compare(saved, composed.model, [poem.text for poem in composed.poems])
            self.opening.show_note(again.sentence, error=not again.is_same)

    def action_more(self) -> None:
        """Show the best three drafts, or again the poems that were asked for."""
        self.desk.show_more()

    def action_escape(self) -> None:
        """Cancel what is being written, or go back to the poems."""
        self.desk.escape()
        self.remove_class("-options")
        self.desk.focus_poem()

    # --- the poems ------------------------------------------------------------------------------

    def action_choose(self, step: int) -> None:
        """Choose the next or the previous candidate."""
        self.desk.choose(step)

    def action_scroll(self, direction: int) -> None:
        """Scroll the poems by a page."""
        self.desk.scroll_page(direction)

    def action_mark(self, name: str) -> None:
        """Show or hide marks in the poems."""
        self.desk.toggle_mark(name)

    def action_look(self, step: int) -> None:
        """Show the poems written before or after those shown."""
        group = self.desk.history.neighbour(self.desk.group, step)
        if group and not self.desk.is_writing:
            self._show_again(group)

    def action_history(self) -> None:
        """List the poems written since the studio started."""
        nothing = tr("No poem is written yet. Go back and press enter.")
        entries = [PoemEntry(each) for each in self.desk.history.composed]
        chooser = PoemChooser(tr("Poems since the studio started"), entries, nothing)
        self.app.push_screen(chooser, self._chosen)

    def action_collection(self) -> None:
        """List the saved poems."""
        if chooser := self._keeping.chooser():
            self.app.push_screen(chooser, self._chosen)

    def _chosen(self, chosen: ChosenPoem | None) -> None:
        if chosen is None:
            return
        composed, saved = chosen.entry.composed, chosen.entry.saved
        # What is being written would replace the poem.
        self.desk.drop_pending()
        self._show_again(PoemGroup((composed,)))
        if chosen.again:
            request = saved.rewrite_request if saved else self.form.models.by_its_model(composed)
            self._write(request, around=True)
            self._to_compare = saved

    def _show_again(self, group: PoemGroup) -> None:
        """Show poems, and their request in the form."""
        self._fill(_for_the_form(group.composed[0], self._given))
        self.opening.show_note("")
        self.desk.show(group)

    # --- the workbench --------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """At the workbench the keys for requests do nothing."""
        return not self.desk.working or action in WORKBENCH_ACTIONS

    def action_own(self) -> None:
        """Type, paste or open a poem of one's own."""
        like = self.form.request("") or USUAL
        self.app.push_screen(OwnPoemScreen(self._typed, _without_given(like)), self._own_typed)

    def _own_typed(self, typed: TypedPoem | None) -> None:
        self._typed = typed or self._typed
        if typed and typed.request:
            self._typed = TypedPoem()
            self.opening.show_note("")
            self.desk.work_on(typed.request)

    def action_work(self) -> None:
        """Work on the chosen poem."""
        self.desk.open_workbench()

    def _working_changed(self, working: bool) -> None:
        if working:
            self.remove_class("-options")
        self.set_class(working, "-working")

    @on(Workbench.RewriteRequested)
    def _rewrite(self, event: Workbench.RewriteRequested) -> None:
        # The form is hidden, but its setting for the tones holds at the workbench too.
        self.desk.rewrite(msgspec.structs.replace(event.request, tones=self.form.tones))

    # --- keeping --------------------------------------------------------------------------------

    def _poem(self) -> SavedPoem | None:
        """The chosen poem; None, with a message, if there is none."""
        chosen = self.desk.chosen()
        if chosen is None:
            return None
        composed, poem = chosen
        return saved_now(poem, composed.request, composed.model)

    def action_save(self) -> None:
        """Save the poem to the collection."""
        if poem := self._poem():
            self._keeping.save(poem, self.desk.working)

    def action_copy(self) -> None:
        """Send the poem to the terminal's clipboard."""
        if poem := self._poem():
            self._keeping.copy(poem)

    def action_export(self) -> None:
        """Ask for a file and write the poem to it."""
        if poem := self._poem():
            self._keeping.export(poem)


def _for_the_form(composed: Composed, typed: Collection[str]) -> ComposeRequest:
    """What the form shows of a request: a poem of one's own keeps its title and its poet.

    A given text is shown if it is one of those that were `typed` there.
    """
    request = _without_given(composed.request)
    if not composed.model:
        return msgspec.structs.replace(request, title="", poet="")
    given = composed.request.given
    return msgspec.structs.replace(request, given=given if given in typed else "")


def _for_the_settings(request: ComposeRequest, before: ComposeRequest) -> ComposeRequest:
    """What the settings keep of a request: not the ranking of an older poem written again."""
    return msgspec.structs.replace(_without_given(request), ranking=before.ranking)


def _without_given(request: ComposeRequest) -> ComposeRequest:
    """A request without the text and the rules of the workbench: they belong to the poem.

    The rhyme book is in the form.
    """
    measure = Measure(request.measure.rhymes)
    return msgspec.structs.replace(request, given="", measure=measure)
