"""The forms and rhymes that the request form offers."""

from studio.corpus.script import simplified
from studio.prosody.books import rhyme_books
from studio.prosody.forms import forms
from studio.prosody.rhymes import RHYMES
from studio.prosody.tunes import tunes
from studio.translation import marked, tr
from studio.tui.poem.glossary import FOUR_TONES, glossed, rhyme_named
from studio.tui.widgets.form_fields import Option
from studio.verse.request import COUPLET_FORM

FREE = "free"
# What poems are often about, to choose a title from.
THEMES = {
    "送别": "sòng bié",
    "登高": "dēng gāo",
    "边塞": "biān sài",
    "闺怨": "guī yuàn",
    "田园": "tián yuán",
    "山水": "shān shuǐ",
    "咏物": "yǒng wù",
    "怀古": "huái gǔ",
    "中秋": "zhōng qiū",
}
# Short: the form is narrow.
_BOOKS = {
    "pingshui": marked("{book} Tang"),
    "cilin": marked("{book} ci"),
    "tongyun": marked("{book} today"),
    "xinyun": marked("{book} today"),
}


def form_options() -> list[Option]:
    """The forms with pinyin for the search and their size, tunes of ci too; "free" last."""
    named = [
        Option(form.name, f"{glossed(form.name, form.pinyin)} {form.line_count}x{form.line_length}")
        for form in forms().values()
    ]
    ci = [
        Option(each.name, f"{glossed(each.name, each.pinyin)} {each.pattern_for(0).length}")
        for each in tunes().values()
    ]
    couplet = Option(COUPLET_FORM, glossed(COUPLET_FORM, "duìlián"))
    return [*named, *ci, couplet, Option(FREE, tr("free"))]


def book_options() -> list[Option]:
    """The rhyme books, 平水韵 first, each with what it is for."""
    return [
        Option(each.key, tr(_BOOKS[each.key], book=each.name)) for each in rhyme_books().values()
    ]


def theme_options() -> list[Option]:
    """The themes, each with its pinyin for the search; none first."""
    named = [Option(theme, glossed(theme, sound)) for theme, sound in THEMES.items()]
    return [Option("", tr("none")), *named]


def rhyme_options() -> list[Option]:
    """Any, then the 106 rhymes, level tone first, each with its pinyin for the search."""
    named = [
        Option(simplified(rhyme), f"{rhyme_named(rhyme)} {tr(FOUR_TONES[tone])}")
        for tone, names in RHYMES.items()
        for rhyme in names
    ]
    return [Option("", tr("any")), *named]
