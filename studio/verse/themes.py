"""Whether a poem that was asked for by its title is about it.

A plain classifier decides: naive Bayes over the characters and pairs of characters of a poem, made
from the training split's poems by a word in their titles. How often it is right about people's
poems is the measure of what can be reached. Each theme counts the same, however many poems it has.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean

import msgspec

from studio.corpus.library import Library
from studio.corpus.poem import Poem, Split, is_han, verse_lines
from studio.errors import VerseError
from studio.verse.evaluation import Report, ignore, write_many
from studio.verse.novelty import Novelty
from studio.verse.request import USUAL
from studio.verse.writer import Writer

# The title that is asked for -> the words in titles that stand for it.
THEME_WORDS: dict[str, tuple[str, ...]] = {
    "送别": ("送", "别"),
    "登楼": ("登", "楼"),
    "塞上": ("塞", "从军", "边"),
    "闺怨": ("闺", "怨"),
    "宫词": ("宫",),
    "怀古": ("怀古", "咏史"),
    "哭友": ("哭", "挽", "悼"),
    "山寺": ("寺", "僧", "上人"),
    "山居": ("山居", "幽居", "隐"),
    "田家": ("田家", "村", "农"),
    "中秋": ("中秋", "月"),
    "咏雪": ("雪",),
    "春雨": ("雨",),
    "咏竹": ("竹",),
    "咏柳": ("柳",),
    "咏梅": ("梅",),
    "牡丹": ("牡丹",),
    "闻蝉": ("蝉",),
    "咏雁": ("雁", "鹤"),
    "饮酒": ("酒", "饮", "醉"),
}


class ThemeFigures(msgspec.Struct, frozen=True):
    """Shares of poems given the theme of their title, ours and people's; None if there are none.

    `chance` is the share of a guess.
    """

    poems: int
    kept: float | None
    people_poems: int
    people: float | None
    chance: float


class Themes:
    """Tells the theme of a poem. Made from poems whose titles name exactly one.

    What is rare in the poems of a theme is estimated from those of all themes (Dirichlet smoothing,
    Zhai and Lafferty 2004): the average theme counts as much as a theme's own poems do on average.
    """

    def __init__(self, poems: Iterable[Poem]) -> None:
        self._counts = {theme: Counter[str]() for theme in THEME_WORDS}
        for poem in poems:
            if theme := theme_of(poem.title):
                self._counts[theme].update(_features(poem.text))
        self._totals = {theme: counts.total() for theme, counts in self._counts.items()}
        self._weight = sum(self._totals.values()) / len(self._totals)
        self._average: dict[str, float] = {}
        for theme, counts in self._counts.items():
            scale = len(self._counts) * max(self._totals[theme], 1)
            for feature, count in counts.items():
                self._average[feature] = self._average.get(feature, 0) + count / scale

    def of(self, text: str) -> str:
        """The likeliest theme of a poem, all equally likely before it is read."""
        features = [each for each in _features(text) if each in self._average]
        return max(THEME_WORDS, key=lambda theme: self._log_likelihood(theme, features))

    def kept(self, poems: Sequence[tuple[str, str]]) -> float | None:
        """The share of poems, each a text and its theme, that are taken for their theme.

        The mean of the shares of the themes that occur.
        """
        right: dict[str, list[bool]] = {}
        for text, theme in poems:
            right.setdefault(theme, []).append(self.of(text) == theme)
        return fmean(fmean(each) for each in right.values()) if right else None

    def _log_likelihood(self, theme: str, features: Sequence[str]) -> float:
        counts, whole = self._counts[theme], self._totals[theme] + self._weight
        return sum(
            math.log((counts[each] + self._weight * self._average[each]) / whole)
            for each in features
        )


def measure_themes(
    writer: Writer,
    library: Library,
    split: Split,
    each: int,
    seed: int,
    novelty: Novelty,
    drafts: int = 1,
    report: Report = ignore,
) -> ThemeFigures:
    """Write `each` 七绝 for every theme, the best of `drafts`, and compare with a split's poems.

    A model that reads no title writes none; themes that have no character it knows are left out.
    `report` takes how many themes are done, and how many there are.
    """
    poems = list(library.poems())
    themes = Themes(poem for poem in poems if poem.split == "train")
    people = [
        (poem.text, theme)
        for poem in poems
        if poem.split == split and (theme := theme_of(poem.title))
    ]
    ours: list[tuple[str, str]] = []
    for done, theme in enumerate(THEME_WORDS if writer.network.config.title_input else ()):
        report(done, len(THEME_WORDS))
        request = msgspec.structs.replace(USUAL, form="七绝", title=theme, seed=seed, drafts=drafts)
        with contextlib.suppress(VerseError):
            poems_of_theme, _ = write_many(writer, request, each, novelty)
            ours += ((poem.text, theme) for poem in poems_of_theme)
    return ThemeFigures(
        len(ours), themes.kept(ours), len(people), themes.kept(people), 1 / len(THEME_WORDS)
    )


def theme_of(title: str) -> str:
    """The one theme that a title names; "" if it names none, or several."""
    found = [theme for theme, words in THEME_WORDS.items() if any(word in title for word in words)]
    return found[0] if len(found) == 1 else ""


def _features(text: str) -> list[str]:
    pairs = [line[at : at + 2] for line in verse_lines(text) for at in range(len(line) - 1)]
    return [*filter(is_han, text), *pairs]
