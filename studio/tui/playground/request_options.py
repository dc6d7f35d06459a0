"""The forms and rhymes that the request form offers."""

from studio.corpus.script import simplified
from studio.prosody.forms import forms
from studio.prosody.rhymes import RHYMES
from studio.tui.poem.glossary import FOUR_TONES, rhyme_named
from studio.tui.widgets.form_fields import Option

FREE = "free"


def form_options() -> list[Option]:
    """The forms, each with its pinyin for the search, and its lines x characters; "free" last."""
    named = [
        Option(form.name, f"{form.name} {form.pinyin} {form.line_count}x{form.line_length}")
        for form in forms().values()
    ]
    return [*named, Option(FREE, FREE)]


def rhyme_options() -> list[Option]:
    """Any, then the 106 rhymes, level tone first, each with its pinyin for the search."""
    named = [
        Option(simplified(rhyme), f"{rhyme_named(rhyme)} {FOUR_TONES[tone]}")
        for tone, names in RHYMES.items()
        for rhyme in names
    ]
    return [Option("", "any"), *named]
