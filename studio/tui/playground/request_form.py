"""The request for a poem, as a form."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Input, Select, Static

from studio.corpus.script import simplified
from studio.prosody.books import rhyme_books
from studio.prosody.forms import forms
from studio.prosody.rhymes import PINGSHUI
from studio.prosody.tunes import tunes
from studio.translation import tr
from studio.tui.playground.model_fields import ModelFields
from studio.tui.playground.request_options import (
    FREE,
    POETS,
    THEMES,
    book_options,
    form_options,
    poet_options,
    rhyme_options,
    theme_options,
)
from studio.tui.poem.glossary import FIELDS
from studio.tui.widgets.form_fields import (
    ChineseField,
    ChoiceField,
    Fold,
    NumberField,
    Option,
    TitleField,
    TypedField,
    WordsField,
)
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.workbench.draft import new_seed
from studio.verse.request import COUPLET_FORM, USUAL, ComposeRequest, Ranking, Sampling, Tones

MOST_CANDIDATES = 24  # more cannot be viewed at once
TEMPERATURE_STEP = 0.1
COUPLETS = 6  # that are shown, at least: a couplet is short

_KINDS: dict[str, Any] = {
    field.name: field.type
    for struct in (Sampling, ComposeRequest)
    for field in msgspec.structs.fields(struct)
} | {"candidates": Annotated[int, Meta(ge=1, le=MOST_CANDIDATES)]}
_DECODING = (
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "repetition_penalty",
    "guidance",
    "sharpness",
    "judgement",
)
_NUMBERS = ("lines", "longest", "candidates", "drafts", "tries", "seed")
# Fields for random draws: unused if the most likely character is taken.
_RANDOM = ("temperature", "top_k", "top_p", "min_p", "candidates", "drafts")
# Fields for wishes that only a form of verse can meet: unused in a ci, a couplet, a free poem.
_OF_VERSE = ("acrostic", "last", "words", "rhyme", "tones")
# A list -> the field that takes what is chosen there.
_FROM_LIST = {"theme": "title", "known_poet": "poet"}
_TEXTS = ("acrostic", "last", "given", "title", "poet")


class FieldAbout(Static):
    """What the focused field is for, at the bottom of the form."""

    class Resized(Message):
        """It takes another part of the form."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())


class RequestForm(VerticalScroll, can_focus=False):
    """All of a request except its opening; the fields used less are behind a fold."""

    class RequestChanged(Message):
        """A value changed."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RequestForm.RequestChanged)

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.models = ModelFields()
        # The weights of the terms that rank the drafts; no field shows them.
        self._ranking = Ranking()

    def compose(self) -> ComposeResult:
        yield ChoiceField("form", tr("Form"), form_options())
        yield _number("lines", tr("Lines"), tr("an even number; 0 for the usual number"))
        yield _number("longest", tr("At most"), tr("a whole number from 1 to 2000"))
        yield ChoiceField("theme", tr("Theme "), theme_options())
        yield TitleField("title", tr("Title"), tr("what it is about"))
        yield ChoiceField("known_poet", tr("Known poets"), poet_options())
        yield ChineseField("poet", tr("Poet"), tr("in whose manner"))
        yield ChineseField("acrostic", tr("Acrostic"), tr("藏头"))
        yield ChineseField("last", tr("Last line"), tr("ends the poem"))
        yield WordsField("words", tr("Words"), tr("that must appear"))
        yield ChoiceField("rhyme", tr("Rhyme"), rhyme_options())
        yield ChoiceField(
            "tones",
            tr("Tones"),
            [
                Option("strict", tr("strict")),
                Option("tang", tr("as in the Tang")),
                Option("free", tr("free")),
            ],
        )
        yield _number(
            "candidates", tr("Poems"), tr("a whole number from 1 to {most}", most=MOST_CANDIDATES)
        )
        yield _number("temperature", tr("Temperature"), tr("above 0, at most 10"))
        yield self.models
        yield Fold(lambda opened: tr("- less") if opened else tr("+ more: seed, sampling"), "fold")
        yield ChineseField("given", tr("Given"), tr("_ for blanks"), more=True)
        yield ChoiceField("rhymes", tr("Rhyme book"), book_options(), more=True)
        yield _number("guidance", tr("Guidance"), tr("from 0 to 20"), more=True)
        yield ChoiceField(
            "copied_lines",
            tr("Quoting"),
            [Option("no", tr("never")), Option("yes", tr("allowed"))],
            more=True,
        )
        yield ChoiceField(
            "seeding",
            tr("Seed"),
            [Option("fresh", tr("new each time")), Option("fixed", tr("this one"))],
            more=True,
        )
        yield _number("seed", "", tr("a whole number, 0 or more"), more=True)
        yield _number("drafts", tr("Drafts"), tr("a whole number from 1 to 256"), more=True)
        yield _number("tries", tr("Tries"), tr("a whole number from 1 to 256"), more=True)
        yield _number("sharpness", tr("Sharpness"), tr("from 0 to 20"), more=True)
        yield _number("judgement", tr("Judgement"), tr("from 0 to 100"), more=True)
        yield ChoiceField(
            "strategy",
            tr("Strategy"),
            [Option("sample", tr("sample")), Option("greedy", tr("greedy (argmax)"))],
            more=True,
        )
        yield _number("top_k", "Top-k", tr("a whole number; 0 keeps all"), more=True)
        yield _number("top_p", "Top-p", tr("above 0, at most 1"), more=True)
        yield _number("min_p", "Min-p", tr("0 or more, below 1"), more=True)
        yield _number("repetition_penalty", tr("Repetition"), tr("from 1 to 10"), more=True)
        yield Static(tr("tab: next field · escape: back"), classes="hint", markup=False)
        yield FieldAbout(id="field-about", markup=False)

    def on_mount(self) -> None:
        self.query_one("#last", PinyinInput).fits = self._may_end

    def say_again(self) -> None:
        """Name all choices in the language of now, and all that follows from it."""
        self._choice("form").rename(form_options())
        self._choice("rhyme").rename(rhyme_options())
        self._choice("rhymes").rename(book_options())
        self._choice("theme").rename(theme_options())
        self._choice("known_poet").rename(poet_options())
        self._describe_field()
        self.post_message(self.RequestChanged())

    def fill(self, request: ComposeRequest) -> None:
        """Show a request; a choice that does not exist any more is left as it was."""
        known = (COUPLET_FORM, *forms(), *tunes())
        self._choice("form").value = request.form if request.form in known else FREE
        self._choice("strategy").value = request.sampling.strategy
        self._choice("tones").value = request.tones
        self._choice("copied_lines").value = "yes" if request.copied_lines else "no"
        self._choice("rhyme").value = request.rhyme
        self._choice("rhymes").value = request.measure.rhymes
        for name in _DECODING:
            self._number(name).text = f"{getattr(request.sampling, name):.10g}"
        for name in ("lines", "longest", "drafts", "tries"):
            self._number(name).text = str(getattr(request, name))
        count = self._number("candidates")
        if not _number_follows(request):
            count.text = str(min(request.candidates, MOST_CANDIDATES))
        elif not count.text:
            count.text = str(USUAL.candidates)
        for name in _TEXTS:
            self._text(name).text = getattr(request, name)
        self._text("words").text = " ".join(request.words)
        self._choice("theme").value = request.title if request.title in THEMES else ""
        self._choice("known_poet").value = request.poet if request.poet in POETS else ""
        self.seed = request.seed
        self._ranking = request.ranking
        if request.model in self.models.models:
            self.models.model = request.model

    def focus_bad(self) -> None:
        """Go to the first value that is not usable; the reason is shown below it."""
        for field in self.query(TypedField):
            if self._is_used(field) and not field.check():
                if field.has_class("more"):
                    self.query_one(Fold).opened = True
                    self.set_class(True, "-more")
                self.call_after_refresh(field.query_one(Input).focus)
                return

    def request(self, first: str) -> ComposeRequest | None:
        """The request that begins with `first`; None if a value is not usable."""
        if any(self._is_used(field) and field.reason() for field in self.query(TypedField)):
            return None
        defaults = ComposeRequest()
        sampling = {name: self._value(name, getattr(defaults.sampling, name)) for name in _DECODING}
        numbers = {name: self._value(name, getattr(defaults, name)) for name in _NUMBERS}
        texts = {name: self._text(name).text for name in _TEXTS}
        form, strategy = self._choice("form").value, self._choice("strategy").value
        words = self.query_one("#field-words", WordsField).words()
        rhyme = self._choice("rhyme").value
        if not self._any_length:
            numbers["lines"] = 0
        if form not in forms():
            texts |= {"acrostic": "", "last": ""}
            words, rhyme = (), ""
        if strategy == "greedy":
            # There is only one most likely poem.
            numbers["candidates"] = 1
        elif form == COUPLET_FORM:
            numbers["candidates"] = max(numbers["candidates"], COUPLETS)
        return msgspec.convert(
            {
                **numbers,
                **texts,
                "first": first,
                "form": "" if form == FREE else form,
                "words": words,
                "rhyme": rhyme,
                "tones": self._choice("tones").value,
                "measure": {"rhymes": self._choice("rhymes").value},
                "copied_lines": self._choice("copied_lines").value == "yes",
                "sampling": {**sampling, "strategy": strategy},
                "model": self.models.model,
                "ranking": msgspec.structs.asdict(self._ranking),
            },
            ComposeRequest,
        )

    @property
    def _any_length(self) -> bool:
        """Whether the form leaves the number of lines open."""
        form = forms().get(self._choice("form").value)
        return form is not None and not form.fixed

    def _value(self, name: str, default: int | float) -> int | float:
        value = self._number(name).value()
        return default if value is None else value

    def _is_used(self, field: TypedField) -> bool:
        """Fields behind the fold are used; those without effect on form or strategy are not."""
        return not field.disabled and not field.has_class("-unused")

    @property
    def seed(self) -> int | None:
        """The seed in the form; None if it is not a number."""
        value = self._number("seed").value()
        return None if value is None else int(value)

    @seed.setter
    def seed(self, seed: int) -> None:
        with self.prevent(Input.Changed):
            self._number("seed").text = str(seed)
        self._number("seed").check()

    def renew(self, ranking: Ranking) -> None:
        """Take a new seed, and this ranking: that of an older poem belongs to its seed."""
        self.seed, self._ranking = new_seed(), ranking

    @property
    def has_new_seeds(self) -> bool:
        """Whether each request gets a new seed."""
        return self._choice("seeding").value == "fresh"

    @property
    def tones(self) -> Tones:
        """How strictly the tone rules are kept."""
        tones: Tones = msgspec.convert(self._choice("tones").value, Tones)
        return tones

    def cycle(self, name: str) -> None:
        """Choose the next value of a field, such as the form."""
        self._choice(name).cycle()

    def warm(self, steps: int) -> None:
        """Raise or lower the temperature by a tenth."""
        field = self._number("temperature")
        value = round((field.value() or 0.0) + steps * TEMPERATURE_STEP, 2)
        field.text = f"{min(10.0, max(TEMPERATURE_STEP, value)):g}"

    def focus_first(self) -> None:
        """Focus the first field."""
        self._choice("form").query_one(Select).focus()

    @on(Fold.Toggled)
    def _fold(self, event: Fold.Toggled) -> None:
        event.stop()
        self.set_class(self.query_one(Fold).opened, "-more")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(f"#field-{event.input.id}", TypedField).check()
        self._keep_in_sight()
        for chosen, typed in _FROM_LIST.items():
            if event.input.id == typed and self._choice(chosen).value != self._text(typed).text:
                self._choice(chosen).value = ""
        if event.input.id == "seed" and event.input.has_focus:
            # A person who types a seed wants to use it.
            self._choice("seeding").value = "fixed"
        self.post_message(self.RequestChanged())

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        for chosen, typed in _FROM_LIST.items():
            choice, text = self._choice(chosen), self._text(typed)
            # None is chosen, or what is typed is not in the list.
            if event.select.id == chosen and (choice.value or text.text in choice.values):
                text.text = choice.value
        form = self._choice("form").value
        self._number("longest").set_class(form != FREE, "-unused")
        self._number("lines").set_class(not self._any_length, "-unused")
        for name in _OF_VERSE:
            self.query_one(f"#field-{name}").set_class(form not in forms(), "-unused")
        for name in _RANDOM:
            self._number(name).disabled = self._choice("strategy").value == "greedy"
        self.post_message(self.RequestChanged())

    def _may_end(self, place: int, character: str) -> bool:
        """Whether a character is allowed at a place of the last line: the end must rhyme."""
        form = forms().get(self._choice("form").value)
        if form is None or place != form.line_length - 1:
            return True
        book = rhyme_books()[self._choice("rhymes").value]
        # The rhymes of the form are those of 平水韵.
        rhyme = self._choice("rhyme").value if book is PINGSHUI else ""
        return any(
            simplified(each.rhyme) == rhyme if rhyme else each.level or not form.regulated
            for each in book.readings(character)
        )

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _describe_field(self) -> None:
        """Show what the focused field is for."""
        field = self._focused_field
        text = tr(FIELDS.get(field.field, "")) if field else ""
        about = self.query_one(FieldAbout)
        about.update(text)
        about.display = bool(text)
        self._keep_in_sight()

    @property
    def _focused_field(self) -> TypedField | ChoiceField | None:
        focused = self.screen.focused
        within = focused.ancestors_with_self if focused and self in focused.ancestors else ()
        return next((each for each in within if isinstance(each, TypedField | ChoiceField)), None)

    @on(FieldAbout.Resized)
    def _keep_in_sight(self) -> None:
        """Show the focused field, with the reason below it, above what it is for."""
        if field := self._focused_field:
            self.call_after_refresh(field.scroll_visible, animate=False)

    def _number(self, name: str) -> NumberField:
        return self.query_one(f"#field-{name}", NumberField)

    def _text(self, name: str) -> ChineseField:
        return self.query_one(f"#field-{name}", ChineseField)

    def _choice(self, name: str) -> ChoiceField:
        return self.query_one(f"#field-{name}", ChoiceField)


def _number_follows(request: ComposeRequest) -> bool:
    """Whether how many poems it asks for follows from the rest of the request."""
    if request.sampling.strategy == "greedy":
        return True
    return request.form == COUPLET_FORM and request.candidates == COUPLETS


def _number(name: str, label: str, allowed: str, more: bool = False) -> NumberField:
    return NumberField(name, label, _KINDS[name], allowed, more)
