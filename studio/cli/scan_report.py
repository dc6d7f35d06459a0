"""What `scan` prints of a poem: tones, faults by name, and what is offered for them."""

from collections.abc import Callable, Iterable

from rich.cells import cell_len

from studio.cli.output import out
from studio.corpus.script import simplified
from studio.prosody.couplet import COUPLET_FORM
from studio.prosody.report import IN_ENGLISH, Line, Remark, Scansion
from studio.prosody.rules import BLANK, WIDE_BLANK
from studio.translation import language, tr
from studio.verse.suggesting import Suggestion


def print_scansion(title: str, scanned: Scansion) -> None:
    """Print a poem with its tones, form, rhyme and faults."""
    if title:
        out.print(title)
    width = max(2 * len(line.text) for line in scanned.lines)
    named = script_for(line.text for line in scanned.lines)
    for at, line in enumerate(scanned.lines):
        marks = _marks(line)
        text = line.text.replace(BLANK, WIDE_BLANK)
        out.print(f"  {text}{' ' * (width - cell_len(text))}  {named(line.rhyme)}".rstrip())
        wrong = [each.name for each in scanned.broken if each.line == at]
        faults = " ".join(dict.fromkeys(wrong))
        out.print(f"  {marks}{' ' * (width - cell_len(marks))}  {faults}".rstrip())
    parts = [scanned.form, scanned.template]
    if scanned.form != COUPLET_FORM:
        parts.append(tr("rhyme {rhymes}", rhymes="、".join(map(named, scanned.rhymes)) or "—"))
    out.print(" · ".join(part for part in parts if part))
    for fault in scanned.broken:
        out.print(_remark("✗", fault, named), soft_wrap=True)
    for note in scanned.noted:
        out.print(_remark("·", note, named), soft_wrap=True)
    if not scanned.broken:
        out.print(
            tr("No faults.")
            if scanned.regulated
            else tr("No faults (old style: only length and rhyme are checked).")
        )


def print_suggestion(suggestion: Suggestion, scanned: Scansion) -> None:
    """Print what is offered for a fault."""
    fault = suggestion.fault
    about = {"line": fault.line + 1, "fault": fault.name}
    if suggestion.lines:
        texts = " ".join("，".join(each.texts) for each in suggestion.lines)
        first = suggestion.lines[0]
        if len(first.texts) == 2:
            words = tr(
                "→ Line {line}, {fault}: new lines {first} and {second} → {texts}",
                **about,
                first=first.line + 1,
                second=first.line + 2,
                texts=texts,
            )
        else:
            words = tr(
                "→ Line {line}, {fault}: a new line {first} → {texts}",
                **about,
                first=first.line + 1,
                texts=texts,
            )
        out.print(words, soft_wrap=True)
        return
    if not suggestion.offers:
        out.print(
            tr(
                "→ Line {line}, {fault}: no single change clears it without another fault.",
                **about,
            )
        )
        return
    by_place: dict[tuple[int, int], str] = {}
    for offer in suggestion.offers:
        at = offer.line, offer.place
        by_place[at] = by_place.get(at, "") + offer.character
    offered = [
        tr(
            "{character} in line {line}, place {place} → {offers}",
            character=scanned.lines[line].text[place],
            line=line + 1,
            place=place + 1,
            offers=" ".join(characters),
        )
        for (line, place), characters in by_place.items()
    ]
    out.print(
        tr("→ Line {line}, {fault}: {offers}", **about, offers=tr("; ").join(offered)),
        soft_wrap=True,
    )


def _marks(line: Line) -> str:
    """The tones under a line, each as wide as a character."""
    return "".join(
        WIDE_BLANK if written == BLANK else each.tone.replace("?", "？")
        for written, each in zip(line.text, line.characters, strict=True)
    )


def script_for(shown: Iterable[str]) -> Callable[[str], str]:
    """Puts the names of rhymes, which are traditional, into the script that a person reads.

    In Chinese that is the one of the language, in English the one of the lines shown with them.
    """
    if language() == "zh_TW":
        return str
    texts = list(shown)
    is_simplified = language() == "zh" or texts == list(map(simplified, texts))
    return simplified if is_simplified else str


def _remark(sign: str, remark: Remark, named: Callable[[str], str]) -> str:
    meaning = meaning_of(remark.name)
    return tr(
        "{sign} Line {line}, {name}: {explanation}",
        sign=sign,
        line=remark.line + 1,
        name=f"{remark.name} ({meaning})" if meaning else remark.name,
        explanation=named(remark.explanation),
    )


def meaning_of(name: str) -> str:
    """What the name of a fault means, for people who do not read Chinese."""
    return IN_ENGLISH.get(name, "") if language() == "en" else ""
