"""Poems on their stage, with remarks below."""

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Static

from studio.collection.in_words import heading_of
from studio.corpus.poem import verse_lines
from studio.messages import Composed
from studio.prosody.forms import forms
from studio.prosody.tunes import stanza_breaks, tunes
from studio.translation import tr
from studio.tui.playground.figures_line import figures, odds
from studio.tui.playground.model_choices import model_in_words, step_in_words
from studio.tui.playground.poem_history import PoemGroup, side_by_side
from studio.tui.playground.readings import Readings
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.layout import Shape
from studio.tui.poem.mark_line import MarkLine
from studio.tui.poem.marks import Overlays, given_places, marks_of, opening_length
from studio.verse.request import COUPLET_FORM, ComposeRequest

ByItsModel = Callable[[Composed], ComposeRequest]
"""The request of a poem, with the model that wrote it in place of "auto" if it is still there."""


class Exhibit(Vertical):
    """Shows poems while they are written and when they are complete, with marks on demand."""

    overlays: reactive[Overlays] = reactive(Overlays(), init=False)

    def __init__(self, readings: Readings, by_its_model: ByItsModel) -> None:
        """`readings` are the models' readings of poems."""
        super().__init__()
        self.group: PoemGroup | None = None
        self._readings, self._by_its_model = readings, by_its_model
        self._complete = False

    def compose(self) -> ComposeResult:
        yield Static(id="heading", markup=False)
        yield PoemStage(id="stage")
        yield Static(id="figures", markup=False)
        yield MarkLine()

    @property
    def stage(self) -> PoemStage:
        """The cards with the poems."""
        return self.query_one(PoemStage)

    def show_message(self, text: str) -> None:
        """Show a text instead of poems."""
        self.group, self._complete = None, False
        self.stage.show_message(text)
        self._head("", 0)
        self.show_status("")

    def show_status(self, text: str) -> None:
        """Show a text under the poems."""
        self.query_one("#figures", Static).update(text)

    def start(self, requests: Sequence[ComposeRequest], texts: list[str]) -> None:
        """Make room for poems that are being written; those of two requests are side by side."""
        self._complete = False
        names = _names([each.model for each in requests])
        titles = [[name] * each.candidates for name, each in zip(names, requests, strict=True)]
        self.stage.show(
            texts,
            opening_length(requests[0]),
            _shape(requests[0]),
            requests[0].form,
            writing=True,
            titles=side_by_side(titles) if len(requests) > 1 else [],
            columns=len(requests) if len(requests) > 1 else 0,
        )
        self._head(_heading(requests[0].model, requests[0]), len(texts))

    def write(self, texts: list[str], writing: list[bool]) -> None:
        """Show the poems as far as they are written."""
        self.stage.write(texts, writing)

    def show(self, group: PoemGroup) -> None:
        """Show poems that are complete."""
        self.group, self._complete = group, True
        poems = group.poems
        self.stage.show(
            [poem.text for _, poem in poems],
            opening_length(poems[0][0].request),
            form=poems[0][0].request.form,
            titles=_names([each.model for each, _ in poems]) if group.compares else [],
            columns=len(group.composed) if group.compares else 0,
        )
        self._head(_heading(poems[0][0].model, poems[0][0].request), len(poems))
        self._name_figures()
        self.mark()

    def say_again(self) -> None:
        """Say in the language of now what is under the poems, and who wrote each."""
        group = self.group if self._complete else None
        if group and group.compares:
            self.stage.name_cards(_names([each.model for each, _ in group.poems]))
        if group:
            composed = group.poems[0][0]
            self._head(_heading(composed.model, composed.request), len(group.poems))
        self._name_figures()
        self._show_figures()

    def _head(self, text: str, poems: int) -> None:
        """Write what the poems are about over the only one, or over all."""
        self.stage.head(text)
        heading = self.query_one("#heading", Static)
        heading.update(text)
        heading.display = bool(text) and poems > 1

    def _name_figures(self) -> None:
        poems = self.group.poems if self.group and self._complete else []
        if len(poems) > 1:
            self.stage.name_figures([odds(poem.log_probability) for _, poem in poems])

    def mark(self) -> None:
        """Mark the poems; request the readings that their marks need."""
        if self.group is None or not self._complete:
            return
        if self.overlays.need_reading:
            for composed, poem in self.group.poems:
                self._readings.request(self._by_its_model(composed), poem.text)
        self.refresh_marks()

    def refresh_marks(self) -> None:
        """Mark the poems with the readings that have arrived."""
        if self.group is None or not self._complete:
            return
        marks = []
        for composed, poem in self.group.poems:
            request = composed.request
            read = self._readings.find(self._by_its_model(composed), poem.text)
            given = given_places(request, poem.text)
            marks.append(marks_of(poem.text, self.overlays, read, given, request=request))
        self.stage.mark(marks)
        self._show_figures()

    def watch_overlays(self) -> None:
        self.query_one(MarkLine).overlays = self.overlays

    @on(PoemStage.Chosen)
    def _show_figures(self) -> None:
        if self.group is None or not self._complete:
            return
        poems = self.group.poems
        chosen = min(self.stage.chosen, len(poems) - 1)
        composed, poem = poems[chosen]
        read = self._readings.find(self._by_its_model(composed), poem.text)
        rows = figures(self.group, chosen, self.overlays, read)
        self.query_one("#figures", Static).update(rows)


def _names(models: Sequence[str]) -> list[str]:
    """Models in words; only the steps if all are of one run, because card titles are short."""
    runs = {model.partition("@")[0] for model in models}
    return [model_in_words(each) if len(runs) > 1 else step_in_words(each) for each in models]


def _heading(model: str, request: ComposeRequest) -> str:
    """What the poems are about, and in whose manner if a model writes them; "" if nothing."""
    manner = tr("in the manner of {wish}", wish=request.poet) if model and request.poet else ""
    return " · ".join(filter(None, (heading_of(model, request), manner)))


def _shape(request: ComposeRequest) -> Shape:
    """The shape of the poems requested; a guess for free ones."""
    if request.form in forms():
        form = forms()[request.form]
        return Shape(form.line_length, request.lines or form.line_count)
    if tune := tunes().get(request.form):
        lengths = tune.pattern_holding(opening_length(request)).lengths
        return Shape(max(lengths), len(lengths), breaks=stanza_breaks(tune.name, lengths))
    if request.form == COUPLET_FORM:
        lines = verse_lines(request.given) or 2 * verse_lines(request.first)
        return Shape(max(map(len, lines), default=0), len(lines))
    return Shape(7, 4)
