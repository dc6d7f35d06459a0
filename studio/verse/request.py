"""The request for a poem: one frozen record for the studio, the command line and tests.

Imports no torch.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from studio.corpus.cleaning import normalise_typed, refuse_surrogates
from studio.corpus.poem import STOPS, is_han
from studio.corpus.script import simplified
from studio.errors import VerseError
from studio.prosody.couplet import COUPLET_FORM as COUPLET_FORM  # one line faces another
from studio.prosody.forms import forms
from studio.prosody.measure import TANG_MEASURE, Measure
from studio.prosody.rhymes import RHYMES
from studio.prosody.rules import BLANK as BLANK  # marks a character for the model to write
from studio.prosody.rules import with_blanks
from studio.prosody.tunes import tune_titled, tunes
from studio.translation import marked, tr

Strategy = Literal["greedy", "sample"]
Tones = Literal["strict", "tang", "free"]
# Limits also reject NaN and infinity.
Weight = Annotated[float, Meta(ge=-1000, le=1000)]

# What a title may have beside Chinese characters: digits, also those of full width that an input
# method for Chinese writes, and what separates its parts.
TITLE_SIGNS = "0123456789０１２３４５６７８９·・•‧"
_DIGITS = re.compile("([0-9]+)")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
_POINT = "·"
_BETWEEN_PARTS = re.compile("[·・•‧]")
_LINE_BREAK = re.compile("\r\n?|[\n\v\f\x85\u2028\u2029]")


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the next character is chosen from the model's probabilities.

    `greedy` takes the most likely one (argmax). `sample` draws: `temperature` divides the logits.
    `top_k` keeps the k most likely characters (0: all). `top_p` keeps the smallest set with at
    least that much probability (Holtzman et al. 2020). `min_p` keeps the characters with at least
    that share of the highest probability (Nguyen et al. 2024). With either strategy,
    `repetition_penalty` above 1 lowers characters that are already written (Keskar et al. 2019).
    `guidance` is how many times the difference that title and poet make to the logits is added to
    them (Sanchez et al. 2023, Stay on topic with classifier-free guidance). `sharpness` weighs each
    try of a line by its likelihood to that power: whole lines are preferred that the model finds
    likely, where a lower temperature would only prefer their likely characters (Karan and Du 2025,
    Reasoning with sampling). `judgement` weighs each try of a line by how well the poem would be
    judged with it: e to the power of so many times the points that the judge beside the model
    expects. Without a judge it has no effect.
    """

    strategy: Strategy = "sample"
    # Below the minimum a division would overflow. Sampling equals argmax far above it.
    temperature: Annotated[float, Meta(ge=1e-6, le=10)] = 0.85
    top_k: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    min_p: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Meta(ge=1, le=10)] = 1.0
    guidance: Annotated[float, Meta(ge=0, le=20)] = 0.0
    sharpness: Annotated[float, Meta(ge=0, le=20)] = 0.0
    judgement: Annotated[float, Meta(ge=0, le=100)] = 0.0


class Ranking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weights of the terms that rank the poems of one request; 0 leaves a term out.

    `likelihood` is the mean log-probability of a character under the model, in nats. The terms from
    `repetition` to `variety` are from 0 to 1. `repetition`, `novelty`, `prosody`, `variety`,
    `rarity` and `closing` are subtracted; the others are added. `repetition` is the share of
    characters that repeat an earlier one of the poem. `novelty` is the share of 4-grams that are in
    the corpus. `prosody` is the share of lines with a fault; a note counts as a quarter of a fault.
    `parallelism` is the mean over the couplets that must be parallel. `variety` is the share of
    bigrams that a better poem also has. `title` counts if there is a title or a poet: by how much
    they raise the likelihood. The last ones are 0 in requests of older versions. `end` is the
    log-probability of the end token after the poem, in nats. `firmness` is the mean pointwise
    mutual information of neighbouring characters in the corpus, in nats. `rarity` is the share of
    rare characters. `coherence` is how well the couplets follow each other. `judgement` is the
    points that the judge beside the model expects. They count only if the judge reads along: if the
    sampling has a `judgement`, the form fixed lines, and each line several tries. `closing` is 1 if
    many poems of the corpus end in the same two characters.
    """

    likelihood: Weight = 1.0
    repetition: Weight = 2.0
    novelty: Weight = 1.0
    prosody: Weight = 1.0
    parallelism: Weight = 1.0
    variety: Weight = 1.0
    title: Weight = 1.0
    end: Weight = 0.0
    firmness: Weight = 0.0
    rarity: Weight = 0.0
    coherence: Weight = 0.0
    judgement: Weight = 0.0
    closing: Weight = 0.0


class ComposeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for poems. The poems meet every wish, or the request is refused with the reason.

    Every request holds its text as the corpus writes it, whether it was typed, read from a file or
    made from another request: nothing that uses a request normalises its text again. A request
    whose text cannot be normalised cannot be made; that raises VerseError, which names the part.

    - `first`: the opening characters; "" lets the model begin.
    - `form`: a name of data/forms.toml, or a tune of ci, or "" for free length up to `longest`
      characters, or 对联: then `first` is a line, and each poem is a couplet with it. Only a form
      of that file takes `lines`, `acrostic`, `last`, `words` and `rhyme`, and leaves `tones` open.
    - `lines`: the number of lines, for forms of any length; it is even, and 0 is the form's usual
      number.
    - `acrostic` (藏头): the first character of each line; the remaining lines are free.
    - `last`: the last line of the poem.
    - `words`: words that must appear; each poem has them at its own positions.
    - `given`: the text of the poem, with a □ for each character that the model writes. Lines are
      separated by punctuation or line breaks. Lines at the end may be left out: in forms of any
      length if `lines` says how many there are.
    - `rhyme`: one of the 106 rhymes, such as 阳, by its simplified name; "" lets the model choose.
      With another rhyme book it is the rhyme of that character.
    - `tones`: "strict" keeps a template, with the two rescues (拗救) allowed. "tang" also allows
      what the Tang poets did: a neighbouring rhyme (邻韵) in the first line, and the tones that the
      scanner notes as tolerated (拗). "free" keeps only lengths and rhyme. Forms in the old style
      have no tone rules.
    - `title`: what the poem is about; it stands above the poem. `poet`: in whose manner. Only a
      model that was trained with titles, or poets, can follow them. A poem that is `given` has its
      title and its poet whatever the model reads.
    - `copied_lines`: whether a whole line of the corpus is allowed. Copies can be avoided only if
      the index of the corpus is available.
    - `model`: "auto" (the run in training once it has learnt something, else the default model,
      else the newest run), "default", a run's name, or "run@step" for one of its checkpoints.
    - `candidates`: how many poems are asked for. `drafts`: how many are written at least, from
      which the best are taken; requests of older versions have 1.
    - `measure`: the rules that the poem is written and measured by: its rhyme book, which gives the
      tones too, and the rescues that are allowed.
    - `tries`: how many continuations of each line are written, of which one is chosen.

    The same request and model write the same poems: other random draws do not matter.
    """

    first: str = ""
    form: str = "五绝"
    sampling: Sampling = Sampling()
    candidates: Annotated[int, Meta(ge=1, le=256)] = 1
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    longest: Annotated[int, Meta(ge=1, le=2000)] = 100
    model: str = "auto"
    lines: Annotated[int, Meta(ge=0, le=200)] = 0
    acrostic: str = ""
    last: str = ""
    words: tuple[str, ...] = ()
    given: str = ""
    rhyme: str = ""
    tones: Tones = "strict"
    copied_lines: bool = False
    tries: Annotated[int, Meta(ge=1, le=256)] = 8
    ranking: Ranking = Ranking()
    title: str = ""
    poet: str = ""
    drafts: Annotated[int, Meta(ge=1, le=256)] = 1
    measure: Measure = TANG_MEASURE

    def __post_init__(self) -> None:
        if self.form:
            # Without a form there are no lines to separate.
            msgspec.structs.force_setattr(self, "given", _LINE_BREAK.sub("，", self.given))
        for name, (part, normalise) in _TEXTS.items():
            typed = getattr(self, name)
            if not typed:
                continue
            try:
                msgspec.structs.force_setattr(self, name, normalise(typed))
            except VerseError as error:
                raise VerseError(tr("{part}: {error}", part=tr(part), error=error)) from error

    @property
    def heading(self) -> str:
        """What stands above the poem: its title; that of a ci begins with its tune."""
        tune = tunes().get(self.form)
        if tune is None or tune_titled(self.title) is tune:
            return self.title
        return _POINT.join(filter(None, (tune.name, self.title)))

    @property
    def scanned_as(self) -> str:
        """The form by which a poem of this request is measured; "" leaves it to the scanner.

        With free tones a poem in a regulated form may have turned out in the old style.
        """
        form = forms().get(self.form)
        return "" if form and form.regulated and self.tones == "free" else self.form


def request_text(typed: str) -> str:
    """Typed text as a request holds it: as the corpus writes it, with □ for each blank.

    Raises VerseError that names a character which is neither Chinese nor a stop nor a blank.
    """
    text = with_blanks(normalise_typed(typed))
    for character in text:
        if not (is_han(character) or character in STOPS or character == BLANK):
            raise VerseError(
                tr(
                    '"{character}" is not a Chinese character. Use only Chinese characters and '
                    "their punctuation.",
                    character=character,
                )
            )
    return text


def _characters(typed: str) -> str:
    return "".join(character for character in request_text(typed) if character not in STOPS)


def title_text(typed: str) -> str:
    """A typed title as a request holds it: characters, digits, and a point between its parts.

    Raises VerseError as `request_text` does.
    """
    refuse_surrogates(typed)
    parts = _BETWEEN_PARTS.split(typed.translate(_FULL_WIDTH))
    return _POINT.join(filter(None, ("".join(_characters_and_digits(each)) for each in parts)))


def _characters_and_digits(typed: str) -> Iterator[str]:
    for each in _DIGITS.split(typed):
        yield each if _DIGITS.fullmatch(each) else _characters(each)


def _words(typed: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(_characters, typed)))


def _rhyme_name(typed: str) -> str:
    """The simplified name of a rhyme that is typed in either script, such as 阳, 陽 or 平陽."""
    name = normalise_typed(typed)
    short = name[1:] if len(name) == 2 and name[0] in RHYMES else name
    if short and short not in _rhyme_names():
        level = "".join(map(simplified, RHYMES["平"]))
        raise VerseError(
            tr(
                "{name} is not one of the 106 rhymes. Those of the level tone: {level}.",
                name=name,
                level=level,
            )
        )
    return short


@cache
def _rhyme_names() -> frozenset[str]:
    return frozenset(simplified(rhyme) for rhymes in RHYMES.values() for rhyme in rhymes)


# The text fields of a request: what messages call them, and how each is normalised.
_TEXTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "first": (marked("The opening"), request_text),
    "acrostic": (marked("The acrostic"), _characters),
    "last": (marked("The last line"), _characters),
    "words": (marked("The words"), _words),
    "given": (marked("The given text"), request_text),
    "rhyme": (marked("The rhyme"), _rhyme_name),
    "title": (marked("The title"), title_text),
    "poet": (marked("The poet"), _characters),
}


# How a poem is asked for where nothing else is said: as the best of many (data/experiments.md says
# how the weights were chosen).
USUAL = ComposeRequest(
    drafts=16,
    sampling=Sampling(temperature=0.85, guidance=0.5, sharpness=0.5, judgement=20),
    ranking=Ranking(repetition=10.0, coherence=0.1, judgement=1.5, closing=0.2),
)


class WrittenPoem(msgspec.Struct, frozen=True):
    """A poem that the model wrote: its text with punctuation, and its likelihood and score.

    `log_probability` is the mean over the characters that the model chose, in nats, under the plain
    model (no temperature, no mask). `complete` is false if the length limit cut the poem. `score`
    ranks the poems of a request, higher is better; the poems themselves are in the order of the
    candidates. `template` and `rhyme` are from the scanner, such as 仄起首句入韵 and 平陽; "" if
    there are none. `points` are those from 1 to 10 that the judge beside the model expects; 0 if no
    judge read along.
    """

    text: str
    log_probability: float
    complete: bool
    score: float = 0.0
    template: str = ""
    rhyme: str = ""
    points: float = 0.0
