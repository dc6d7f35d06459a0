"""The poems that are shown: on their stage, with what is said of them below."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Static

from studio.prosody.forms import forms
from studio.tui.playground.figures_line import figures, odds
from studio.tui.playground.model_choices import in_words
from studio.tui.playground.readings import Readings
from studio.tui.playground.sitting import Showing, side_by_side
from studio.tui.playground.stage import PoemStage
from studio.tui.poem.layout import Shape
from studio.tui.poem.mark_line import MarkLine
from studio.tui.poem.marks import Overlays, given_places, marks_of, opening_length
from studio.verse.request import ComposeRequest


class Exhibit(Vertical):
    """Shows poems while they are written and when they are complete, marked as is asked for."""

    overlays: reactive[Overlays] = reactive(Overlays(), init=False)

    def __init__(self, readings: Readings) -> None:
        """`readings` are of the poems that have been read back."""
        super().__init__()
        self.showing: Showing | None = None
        self._readings = readings
        self._complete = False

    def compose(self) -> ComposeResult:
        yield PoemStage(id="stage")
        yield Static(id="figures", markup=False)
        yield MarkLine()

    @property
    def stage(self) -> PoemStage:
        """Where the poems stand."""
        return self.query_one(PoemStage)

    def say(self, text: str) -> None:
        """Say something where there are no poems."""
        self.showing, self._complete = None, False
        self.stage.say(text)
        self.tell("")

    def tell(self, text: str) -> None:
        """Say something under the poems."""
        self.query_one("#figures", Static).update(text)

    def begin(self, requests: Sequence[ComposeRequest], texts: list[str]) -> None:
        """Make room for poems that are being written; those of two requests stand side by side."""
        self._complete = False
        names = _names([each.model for each in requests])
        titles = [[name] * each.candidates for name, each in zip(names, requests, strict=True)]
        self.stage.show(
            texts,
            opening_length(requests[0]),
            _shape(requests[0]),
            writing=True,
            titles=side_by_side(titles) if len(requests) > 1 else [],
            columns=len(requests) if len(requests) > 1 else 0,
        )

    def write(self, texts: list[str], writing: list[bool]) -> None:
        """Show the poems as far as they are written."""
        self.stage.write(texts, writing)

    def show(self, showing: Showing) -> None:
        """Show poems that are complete."""
        self.showing, self._complete = showing, True
        poems = showing.poems
        self.stage.show(
            [poem.text for _, poem in poems],
            opening_length(poems[0][0].request),
            titles=_names([order.model for order, _ in poems]) if showing.compares else [],
            columns=len(showing.orders) if showing.compares else 0,
        )
        if len(poems) > 1:
            self.stage.name_figures([odds(poem.log_probability) for _, poem in poems])
        self.mark()

    def mark(self) -> None:
        """Mark the poems; have those read back whose marks need it."""
        if self.showing is None or not self._complete:
            return
        if self.overlays.need_reading:
            for order, poem in self.showing.poems:
                self._readings.ask(order.request, poem.text)
        self.mark_known()

    def mark_known(self) -> None:
        """Mark the poems with what is known of them by now."""
        if self.showing is None or not self._complete:
            return
        marks = []
        for order, poem in self.showing.poems:
            read = self._readings.known(order.request, poem.text)
            given = given_places(order.request, poem.text)
            form = order.request.form
            marks.append(marks_of(poem.text, self.overlays, read, given, form=form))
        self.stage.mark(marks)
        self._tell_of_chosen()

    def watch_overlays(self) -> None:
        self.query_one(MarkLine).overlays = self.overlays

    @on(PoemStage.Chosen)
    def _tell_of_chosen(self) -> None:
        if self.showing is None or not self._complete:
            return
        poems = self.showing.poems
        chosen = min(self.stage.chosen, len(poems) - 1)
        order, poem = poems[chosen]
        read = self._readings.known(order.request, poem.text)
        told = figures(self.showing, chosen, self.overlays, read)
        self.query_one("#figures", Static).update(told)


def _names(models: Sequence[str]) -> list[str]:
    """Models in words, of one run their steps alone: a frame has little room for its title."""
    same = {model.partition("@")[0] for model in models}
    return [
        in_words(model) if len(same) > 1 else in_words(model).rpartition(" at ")[2]
        for model in models
    ]


def _shape(request: ComposeRequest) -> Shape:
    """The shape of the poems asked for; of free ones, a guess to begin with."""
    if request.form in forms():
        form = forms()[request.form]
        return Shape(form.line_length, request.lines or form.line_count)
    return Shape(7, 4)
