"""The forms and rhymes that the request form offers."""

from collections.abc import Mapping

from studio.corpus.script import simplified
from studio.prosody.books import rhyme_books
from studio.prosody.forms import Form, forms
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

# Whose manner is often asked for. A model knows more: the name of any is typed.
POETS = {
    "李白": "lǐ bái",
    "杜甫": "dù fǔ",
    "白居易": "bái jūyì",
    "王维": "wáng wéi",
    "孟浩然": "mèng hàorán",
    "王昌龄": "wáng chānglíng",
    "高适": "gāo shì",
    "岑参": "cén shēn",
    "刘长卿": "liú zhǎngqīng",
    "韦应物": "wéi yìngwù",
    "韩愈": "hán yù",
    "柳宗元": "liǔ zōngyuán",
    "刘禹锡": "liú yǔxī",
    "元稹": "yuán zhěn",
    "孟郊": "mèng jiāo",
    "贾岛": "jiǎ dǎo",
    "李贺": "lǐ hè",
    "张籍": "zhāng jí",
    "王建": "wáng jiàn",
    "杜牧": "dù mù",
    "李商隐": "lǐ shāngyǐn",
    "温庭筠": "wēn tíngyún",
    "许浑": "xǔ hún",
    "皎然": "jiǎorán",
}


def form_options() -> list[Option]:
    """The forms with pinyin for the search and their size, tunes of ci too; "free" last."""
    named = [
        Option(form.name, f"{glossed(form.name, form.pinyin)} {_size(form)}")
        for form in forms().values()
    ]
    ci = [
        Option(each.name, f"{glossed(each.name, each.pinyin)} {each.pattern_for(0).length}")
        for each in tunes().values()
    ]
    couplet = Option(COUPLET_FORM, glossed(COUPLET_FORM, "duilian"))
    return [*named, *ci, couplet, Option(FREE, tr("free"))]


def _size(form: Form) -> str:
    """Lines and characters of a form, such as 4x5, or 12x5/7."""
    return f"{form.line_count}x{'/'.join(map(str, form.line_lengths))}"


def book_options() -> list[Option]:
    """The rhyme books, 平水韵 first, each with what it is for."""
    return [
        Option(each.key, tr(_BOOKS[each.key], book=each.name)) for each in rhyme_books().values()
    ]


def theme_options() -> list[Option]:
    """The themes, each with its pinyin for the search; none first."""
    return _named(THEMES)


def poet_options() -> list[Option]:
    """The poets, each with their name in pinyin for the search; none first."""
    return _named(POETS)


def _named(names: Mapping[str, str]) -> list[Option]:
    named = [Option(name, glossed(name, sound)) for name, sound in names.items()]
    return [Option("", tr("none")), *named]


def rhyme_options() -> list[Option]:
    """Any, then the 106 rhymes, level tone first, each with its pinyin for the search."""
    named = [
        Option(simplified(rhyme), f"{rhyme_named(rhyme)} {tr(FOUR_TONES[tone])}")
        for tone, names in RHYMES.items()
        for rhyme in names
    ]
    return [Option("", tr("any")), *named]
