"""The scanner's report on a poem in words: form, rhyme, every fault, every note."""

from collections.abc import Sequence
from string import Formatter

from textual.content import Content

from studio.corpus.poem import verse_lines
from studio.messages import Inspected
from studio.prosody.measure import scan_by
from studio.prosody.report import IN_ENGLISH, Remark, Scansion
from studio.translation import again, language, tr, tr_n
from studio.tui.poem.glossary import (
    FOUR_TONES,
    TONES,
    glossed,
    in_script,
    rhyme_named,
    template_in_english,
)
from studio.tui.poem.layout import places_of_lines
from studio.verse.request import ComposeRequest
from studio.wording import printable

_MOST_RHYMES = 3
ANY_FORM = ComposeRequest(form="")
# A fault's characters in the poem, and its name. Without colours it is bold and underlined.
FAULT = "bold underline $text-error"


def scansion_of(text: str, request: ComposeRequest = ANY_FORM) -> Scansion | None:
    """The scanner's report on a text, by form and rules of a request; None if it has no line."""
    lines = verse_lines(text)
    return scan_by(lines, request.scanned_as, request.measure) if lines else None


def summary(scansion: Scansion) -> str:
    """Form, rhyme, and whether the rules are kept, in a few words."""
    return marked_summary(scansion).plain


def marked_summary(scansion: Scansion) -> Content:
    """The same; the number of faults is marked as they are in the poem."""
    words = [(each, "") for each in (scansion.form, _rhymes(scansion)) if each]
    count = len(scansion.broken)
    if scansion.regulated or count:
        faults = tr_n("{count} fault", "{count} faults", count)
        words.append((faults, FAULT) if count else (tr("every rule kept"), ""))
    return Content(" · ").join(Content.styled(*each) for each in words)


def template_in_words(scansion: Scansion) -> str:
    """The order of the tones, with its name in English; "" for the old style."""
    named = scansion.template
    return " ".join(_template_rows(named)) if named else ""


def _template_rows(named: str) -> tuple[str, ...]:
    """The name of a template, and what it means; a number of characters is said once."""
    if not named or language() != "en":
        return (named,)
    english = template_in_english(named)
    return (english,) if named.endswith("字") else (named, english)


def names_of(remarks: Sequence[Remark]) -> str:
    """The remarks' names, each once."""
    names = dict.fromkeys(remark.name for remark in remarks)
    return tr(", ").join(glossed(name, IN_ENGLISH[name]) for name in names)


def explained(remark: Remark) -> str:
    """A sentence with the line and what is wrong there."""
    return tr(
        "Line {number}: {explanation}",
        number=remark.line + 1,
        explanation=printable(in_script(again(remark.explanation))),
    )


def remarks_in_words(scansion: Scansion | None, line: int, column: int) -> list[Content]:
    """The form, then every fault and every note; those of this line and column first."""
    if scansion is None:
        return []
    # A row with both languages of a template is too wide for the panel.
    rows = [marked_summary(scansion).stylize_before("$foreground-muted")]
    named = filter(None, _template_rows(scansion.template))
    rows += [Content.styled(each, "$foreground-muted") for each in named]
    remarks = [*scansion.broken, *scansion.noted]
    remarks.sort(key=lambda each: not (each.line == line and each.start <= column < each.end))
    # Remarks are grouped by name, in the order of the first of each.
    for name in dict.fromkeys(remark.name for remark in remarks):
        is_fault = any(fault.name == name for fault in scansion.broken)
        meaning = glossed(name, IN_ENGLISH[name]).removeprefix(name)
        rows.append(
            Content.assemble(
                (name, FAULT if is_fault else "bold"), (meaning, "$text-error" if is_fault else "")
            )
        )
        rows += [
            Content.styled(explained(remark), "$foreground-muted")
            for remark in remarks
            if remark.name == name
        ]
    return rows


def _rhymes(scansion: Scansion) -> str:
    rhymes = scansion.rhymes[:_MOST_RHYMES]
    if not rhymes:
        return ""
    # A regulated poem always rhymes in the level tone.
    named = (
        rhyme_named(each[1:])
        if each[0] == "平"
        else tr("{rhyme} ({tone})", rhyme=rhyme_named(each[1:]), tone=_tone_of_rhyme(each[0]))
        for each in rhymes
    )
    return tr("rhyme {names}", names=tr(", ").join(named))


def _tone_of_rhyme(tone: str) -> str:
    """The tone of a rhyme that is not level; ci do not tell the oblique ones apart."""
    return tr(FOUR_TONES[tone]) if tone in FOUR_TONES else glossed(tone, TONES[tone])


def copied_in_words(read: Inspected | None) -> list[Content]:
    """The copied spans, each with the poem that it is in."""
    if read is None:
        return []
    if read.copied is None:
        return [
            Content.styled(tr("The index of the corpus is not available."), "$foreground-muted")
        ]
    rows = []
    for span in read.copied:
        text = "".join(
            read.text[at]
            for line in places_of_lines(read.text)
            for at in line
            if span.start <= at < span.end
        )
        names = {
            "text": (printable(text), "underline"),
            "title": (printable(span.title), ""),
            "author": (printable(span.author), ""),
            # Poems of one's own may lack either or both.
            "poem": (
                printable(span.title or span.author or tr("no. {number}", number=span.poem)),
                "",
            ),
        }
        message = tr("{text} is also in {poem}")
        if span.title and span.author:
            message = tr("{text} is also in {title} by {author}")
        parts: list[tuple[str, str]] = []
        for words, name, _, _ in Formatter().parse(message):
            parts += [(words, "$foreground-muted"), *([names[name]] if name else [])]
        rows.append(Content.assemble(*parts))
    return rows
