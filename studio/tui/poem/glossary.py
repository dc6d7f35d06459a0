"""The terms of Chinese verse in plain English, for people who read no Chinese.

Where the studio speaks Chinese, a term is shown without its English.
"""

from collections.abc import Mapping
from functools import cache

from studio.corpus.script import simplified
from studio.prosody.report import IN_ENGLISH
from studio.prosody.rhymes import RHYMES, Tone
from studio.translation import language, marked, tr

# The tone that a character counts as, and the four tones of its readings.
TONES: Mapping[str, str] = {"平": "level", "仄": "oblique", "中": "either", "?": "unknown"}
FOUR_TONES: Mapping[str, str] = {
    "平": marked("level"),
    "上": marked("rising"),
    "去": marked("departing"),
    "入": marked("entering"),
}

# The modern readings of the rhymes' names, in the order of the rhyme book.
_SOUNDS: Mapping[Tone, str] = {
    "平": "dōng dōng jiāng zhī wēi yú yú qí jiā huī zhēn wén yuán hán shān xiān xiāo yáo háo gē má "
    "yáng gēng qīng zhēng yóu qīn tán yán xián",
    "上": "dǒng zhǒng jiǎng zhǐ wěi yǔ yǔ jì xiè huì zhěn wěn ruǎn hàn shān xiǎn xiǎo qiǎo hào gě "
    "mǎ yǎng gěng jiǒng yǒu qǐn gǎn yǎn xiàn",
    "去": "sòng sòng jiàng zhì wèi yù yù jì tài guà duì zhèn wèn yuàn hàn jiàn xiàn xiào xiào hào "
    "gè mà yàng jìng jìng yòu qìn kān yàn xiàn",
    "入": "wū wò jué zhì wù yuè hé xiá xiè yào mò xī zhí jī hé yè qià",
}

# The names of the rhymes of 中华通韵 and 中华新韵 that are not among them.
_MODERN_SOUNDS = (
    "啊 ā 喔 ō 鹅 é 衣 yī 乌 wū 迂 yū 哀 āi 欸 ēi 熬 áo 欧 ōu 安 ān 恩 ēn 昂 áng 英 yīng "
    "雍 yōng 儿 ér 波 bō 皆 jiē 开 kāi 唐 táng 姑 gū"
)

# What each field of a request is for; shown while the field is focused.
FIELDS: Mapping[str, str] = {
    "form": marked(
        "4x5 is four lines of five characters. 绝 jué and 律 lü keep rules of tone and rhyme, the "
        "old styles 古 gǔ only rhyme."
    ),
    "lines": marked("Number of lines, even; 0 is the usual number of the form."),
    "longest": marked("The most characters that a poem may have."),
    "acrostic": marked(
        "藏头 cáng tóu: the first characters of the lines, read down. Type pinyin to pick "
        "characters, or paste Chinese."
    ),
    "last": marked("Last line of the poem."),
    "words": marked("Words that must appear, separated by spaces."),
    "rhyme": marked(
        "106 old groups, each named after one of its characters. The characters of a group rhyme, "
        "though some sound different today. Level ones are usual. Type to search."
    ),
    "rhymes": marked("What rhymes, and which tone each character has: as in the Tang, or today."),
    "tones": marked(
        "Each character counts as level 平 or oblique 仄, and the form says which goes where. "
        "Strict keeps every rule; the Tang poets took some freedoms."
    ),
    "candidates": marked("Number of poems shown at once; the best is first."),
    "drafts": marked("Number of poems written, of which the best are shown."),
    "temperature": marked(
        "Lower is safer and more common, higher is bolder and odder. Try 0.85 first."
    ),
    "model": marked(
        "Auto is the run in training once it has learnt something: its perplexity is at most twice "
        "that of the default model. Else it is the default model."
    ),
    "beside": marked("A second model writes the same request; the poems are side by side."),
    "theme": marked("A theme to take as the title. Type to search."),
    "title": marked(
        "What the poem is about, for a model that was trained with titles; it reads 12 characters. "
        "Type pinyin to pick characters, or paste Chinese."
    ),
    "known_poet": marked("A poet to write in the manner of. Type to search."),
    "poet": marked("In whose manner, such as 李白, for a model that was trained with poets."),
    "guidance": marked(
        "How much title and poet are stressed: 0 is as the model learnt. Above 2 their words "
        "repeat."
    ),
    "given": marked("The text of the poem, with _ for each character that the model writes."),
    "copied_lines": marked("Allow lines copied from the corpus."),
    "seeding": marked(
        "The same seed, settings and model write the same poem again on the same kind of processor."
    ),
    "seed": marked("Start of the random numbers. Set it to reproduce a poem."),
    "tries": marked("Number of versions written of each line; one is chosen."),
    "sharpness": marked(
        "How much the likeliest version of a line is preferred: 0 is not at all. With it, a higher "
        "temperature still writes clear lines."
    ),
    "judgement": marked(
        "How strongly to prefer the version of a line that readers would like best. A small "
        "network beside the model guesses that; drafts are ranked by it, too. 0 is not at all."
    ),
    "strategy": marked("Sample draws at random; greedy always takes the most likely character."),
    "top_k": marked("Sample from the k most likely characters; 0 is all."),
    "top_p": marked("Sample from the most likely characters that together have this probability."),
    "min_p": marked("Leave out characters less likely than this share of the most likely one."),
    "repetition_penalty": marked("Above 1, characters already in the poem become less likely."),
}

# The words of the help screen; the faults and notes of the scanner follow them.
_WORDS: Mapping[str, str] = {
    "平 píng": "level tone: the first of the four old tones",
    "仄 zè": "oblique tone: the other three, 上 rising, 去 departing, 入 entering",
    "中 zhōng": "either: the character has readings in both tones",
    "韵 yùn": "rhyme. The old rhyme book has 106 groups, each named after one of its characters; "
    "the characters of a group rhyme, though some no longer sound alike",
    "绝句 juéjù": "a poem of four lines, of five (五 wǔ) or seven (七 qī) characters",
    "律诗 lǜshī": "regulated verse of eight lines; 排律 páilǜ is longer",
    "古 gǔ": "the old style: rhymes, but no tone rules",
    "平起 仄起": "level start, oblique start: the tone of the poem's second character",
    "首句入韵": "the first line rhymes; 首句不入韵: it does not",
}

# Those that are not of verse: a reader of Chinese does not know them either.
_OF_MODELS: Mapping[str, str] = {
    marked("1 in 80"): marked(
        "average chance of a character of the poem, by the model; log p is its natural logarithm"
    ),
    marked("copied"): marked(
        "four or more characters in a row that are also in a poem of the corpus"
    ),
}


def glossary() -> dict[str, str]:
    """The words with their meanings, those of the scanner last."""
    of_models = {tr(word): tr(meaning) for word, meaning in _OF_MODELS.items()}
    return {**_WORDS, **of_models, **IN_ENGLISH} if language() == "en" else of_models


def glossed(term: str, meaning: str) -> str:
    """A Chinese term with its meaning in English; in Chinese the term alone."""
    return f"{term} {meaning}".rstrip() if language() == "en" else term


def in_script(text: str) -> str:
    """A text in the script that the person reads; the names of rhymes are traditional."""
    return text if language() == "zh_TW" else simplified(text)


def rhyme_named(rhyme: str) -> str:
    """A rhyme by its name, with pinyin: 东 dōng."""
    return glossed(in_script(rhyme), _sounds().get(simplified(rhyme), ""))


def group_named(reading: str) -> str:
    """A rhyme with its tone, with pinyin and the tone in English: 平东 dōng, level."""
    tone = {**TONES, **FOUR_TONES}.get(reading[:1], "")
    words = _sounds().get(simplified(reading[1:]), ""), tone
    return glossed(in_script(reading), tr(", ").join(filter(None, words)))


def reading_named(reading: str) -> str:
    """A reading of a character: tone and rhyme, and the tone in English: 平东 level."""
    return glossed(in_script(reading), FOUR_TONES.get(reading[:1], ""))


def template_in_english(template: str) -> str:
    """A template such as 仄起首句不入韵, or 33字 of a ci, in English that fits a narrow pane."""
    if template.endswith("字"):
        return f"{template.removesuffix('字')} characters"
    start = "level" if template.startswith("平") else "oblique"
    return f"{start} start, l. 1 {'unrhymed' if '不' in template else 'rhymes'}"


@cache
def _sounds() -> dict[str, str]:
    modern = _MODERN_SOUNDS.split()
    return dict(zip(modern[::2], modern[1::2], strict=True)) | {
        simplified(name): sound
        for tone, names in RHYMES.items()
        for name, sound in zip(names, _SOUNDS[tone].split(), strict=True)
    }
