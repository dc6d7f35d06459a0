"""Marks in a poem: its faults, and on demand tones and rhyme, pinyin, copies, likelihood."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from textual.content import Content

from studio.corpus.poem import STOPS
from studio.corpus.script import simplified
from studio.messages import Inspected
from studio.prosody.report import Remark, Scansion
from studio.prosody.rules import WIDE_BLANK
from studio.translation import tr
from studio.tui.poem.layout import Mark, places_of_lines
from studio.tui.poem.remarks import ANY_FORM, FAULT, scansion_of
from studio.tui.poem.sounds import sounds_of
from studio.verse.facing import opens_lower
from studio.verse.request import BLANK, ComposeRequest

GIVEN = "bold $text-accent"
CURSOR = "bold $block-cursor-foreground on $block-cursor-background"
# A less likely character has a deeper tint: one shade more below each of these.
_LEAST = (1 / 8, 1 / 32, 1 / 128, 1 / 512)
_SHADES = (
    "",
    "on $likely-1",
    "on $likely-2",
    "$likely-3-foreground on $likely-3",
    "$likely-4-foreground on $likely-4",
)


@dataclass(frozen=True, slots=True)
class Overlays:
    """Which marks are shown."""

    tones: bool = False
    pinyin: bool = False
    copied: bool = False
    likelihood: bool = False

    def toggled(self, name: str) -> "Overlays":
        """The same with one of them shown or hidden."""
        return replace(self, **{name: not getattr(self, name)})

    @property
    def need_reading(self) -> bool:
        """Whether they need the model's reading of the poem."""
        return self.copied or self.likelihood


def marks_of(
    text: str,
    overlays: Overlays,
    read: Inspected | None = None,
    given: Collection[int] = (),
    cursor: int | None = None,
    request: ComposeRequest = ANY_FORM,
) -> list[Mark]:
    """A mark for each character of a text, including stops.

    `read` is the model's reading of it, if it has arrived. `given` are the positions of the
    characters that a person chose, `cursor` is the position worked on. The `request` says by which
    form and rules the poem is measured.
    """
    scansion = scansion_of(text, request)
    faulty = _faulty(scansion, text) if scansion else set()
    signs = _signs(scansion, text, faulty) if scansion and overlays.tones else {}
    sounds = [each.pinyin for each in sounds_of(text, request)] if overlays.pinyin else []
    words = sounds or [""] * len(text)
    copied = _copied(read) if read and overlays.copied else {}
    marks = []
    for at, word in enumerate(words):
        style = [GIVEN] if at in given else []
        if read and overlays.likelihood and text[at] not in (BLANK, *STOPS):
            style.append(shade(read.predictions[at].log_probability))
        if at in faulty:
            style.append("bold underline" if read and overlays.likelihood else FAULT)
        if at in copied:
            style.append("underline")
        if at == cursor:
            style = [CURSOR, *(["underline"] if at in copied or at in faulty else [])]
        sign, sign_style = signs.get(at, ("", ""))
        joined = bool(copied.get(at)) and at != cursor and not overlays.likelihood
        marks.append(Mark(" ".join(filter(None, style)), word, sign, sign_style, joined))
    return marks


def places_of(remark: Remark, lines: list[list[int]]) -> list[int]:
    """The positions in the text of the characters that a remark is about."""
    return lines[remark.line][remark.start : remark.end]


def shade(log_probability: float) -> str:
    """The tint of a character with this log probability under the model."""
    chance = math.exp(log_probability)
    return _SHADES[sum(chance < least for least in _LEAST)]


def tint_legend() -> Content:
    """What the tints mean."""
    swatches = [
        (f" <1/{round(1 / least)} ", style)
        for least, style in zip(_LEAST, _SHADES[1:], strict=True)
    ]
    return Content.assemble(*swatches)


def tone_legend() -> Content:
    """What the signs under the characters mean, and the mark of a fault."""
    signs = tr("平 level  仄 oblique  中 either  韵 rhyme")
    return Content.assemble(signs, "  ", (tr("a fault"), FAULT))


def _faulty(scansion: Scansion, text: str) -> set[int]:
    """The positions of the characters that faults are about."""
    lines = places_of_lines(text)
    return {at for fault in scansion.broken for at in places_of(fault, lines)}


def _signs(scansion: Scansion, text: str, faulty: Collection[int]) -> dict[int, tuple[str, str]]:
    """The sign under each character, with its style: the tone, or 韵 if it rhymes."""
    signs = {}
    for line, places in zip(scansion.lines, places_of_lines(text), strict=True):
        for character, at in zip(line.characters, places, strict=True):
            sign = WIDE_BLANK if text[at] == BLANK else character.tone.replace("?", "？")
            style = "$foreground-muted"
            if line.rhyme and at == places[-1]:
                sign, style = "韵", "$text-accent"
            signs[at] = (sign, "bold $text-error" if at in faulty else style)
    return signs


def _copied(read: Inspected) -> dict[int, bool]:
    """The positions of copied characters, and whether the span continues after each."""
    found: dict[int, bool] = {}
    for span in read.copied or ():
        for at in range(span.start, span.end):
            found[at] = found.get(at, False) or at + 1 < span.end
    return found


def given_places(request: ComposeRequest, text: str) -> set[int]:
    """The positions of the characters that a person chose."""
    lines = places_of_lines(text)
    places = [at for line in lines for at in line]
    opening = _characters(request.first)
    found = _fixed(places[-len(opening) :] if opens_lower(request) else places, opening)
    found |= _fixed([line[0] for line in lines], request.acrostic)
    if lines:
        found |= _fixed(lines[-1], request.last)
    # A request is in simplified characters, whichever script the model writes.
    written = simplified(text) if request.words else text
    for word in request.words:
        start = written.find(word)
        found |= set(range(start, start + len(word))) if start >= 0 else set()
    # Without a blank it is a poem in which characters were replaced.
    if BLANK in request.given and len(request.given) == len(text):
        found |= {at for at, each in enumerate(request.given) if each not in (BLANK, *STOPS)}
    return found


def opening_length(request: ComposeRequest) -> int:
    """How many characters at the start of a poem were given as its opening, without stops."""
    opening = "" if opens_lower(request) else _characters(request.first)
    return len([*takewhile(BLANK.__ne__, opening)])


def _characters(text: str) -> str:
    return "".join(each for each in text if each not in STOPS)


def _fixed(places: Sequence[int], characters: str) -> set[int]:
    """The places that characters are fixed at, in order; a blank fixes nothing."""
    return {at for at, each in zip(places, characters, strict=False) if each != BLANK}
