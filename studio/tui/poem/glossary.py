"""The terms of Chinese verse in plain English, for people who read no Chinese."""

from collections.abc import Mapping
from functools import cache

from studio.corpus.script import simplified
from studio.prosody.report import IN_ENGLISH
from studio.prosody.rhymes import RHYMES, Tone

# How a character is counted, and which of the four tones its reading has.
TONES: Mapping[str, str] = {"平": "level", "仄": "oblique", "中": "either", "?": "unknown"}
FOUR_TONES: Mapping[str, str] = {"平": "level", "上": "rising", "去": "departing", "入": "entering"}

# How the names of the rhymes are read today, in the order of the rhyme book.
_SOUNDS: Mapping[Tone, str] = {
    "平": "dōng dōng jiāng zhī wēi yú yú qí jiā huī zhēn wén yuán hán shān xiān xiāo yáo háo gē má "
    "yáng gēng qīng zhēng yóu qīn tán yán xián",
    "上": "dǒng zhǒng jiǎng zhǐ wěi yǔ yǔ jì xiè huì zhěn wěn ruǎn hàn shān xiǎn xiǎo qiǎo hào gě "
    "mǎ yǎng gěng jiǒng yǒu qǐn gǎn yǎn xiàn",
    "去": "sòng sòng jiàng zhì wèi yù yù jì tài guà duì zhèn wèn yuàn hàn jiàn xiàn xiào xiào hào "
    "gè mà yàng jìng jìng yòu qìn kān yàn xiàn",
    "入": "wū wò jué zhì wù yuè hé xiá xiè yào mò xī zhí jī hé yè qià",
}

# What each field of a request is for; shown while the field has the focus.
FIELDS: Mapping[str, str] = {
    "form": "4x5 is four lines of five characters. 绝 jué and 律 lü keep rules of tone and rhyme, "
    "the old styles 古 gǔ rhyme only.",
    "lines": "How many lines, an even number; 0 is the form's usual number.",
    "longest": "The poem ends after so many characters at the latest.",
    "acrostic": "藏头 cáng tóu: the first characters of the lines, read down. Type pinyin to pick "
    "characters, or paste Chinese.",
    "last": "The line that the poem shall end in.",
    "words": "Words that must appear, parted by spaces.",
    "rhyme": "106 old groups, each named by one of its characters; those of a group rhyme, though "
    "some sound apart today. Level ones are usual. Letters search.",
    "tones": "Each character counts as level 平 or oblique 仄, and the form says where each must "
    "stand. Strict keeps every rule; the Tang poets took some freedoms.",
    "candidates": "How many poems are written at once; the best comes first.",
    "temperature": "Lower is safer and more common, higher bolder and odder. 0.85 is a good start.",
    "model": "Auto is the run in training, else the default model.",
    "beside": "A second model writes the same request, and both stand side by side.",
    "given": "The poem as it should stand: _ is a character that the model writes.",
    "copied_lines": "Whether a whole line of a Tang poem may come out.",
    "seeding": "The same seed and settings write the same poem again.",
    "seed": "The number that the drawing of characters starts from.",
    "tries": "How many versions of a line are weighed against each other.",
    "strategy": "Sample draws by chance; greedy always takes the likeliest character.",
    "top_k": "Draw from the so many likeliest characters only.",
    "top_p": "Draw from the likeliest characters that together hold this probability.",
    "min_p": "Leave out what is less likely than this share of the likeliest.",
    "repetition_penalty": "Above 1, characters that were written already become less likely.",
}

# The help screen's list of words; the faults and notes of the scanner follow it.
_WORDS: Mapping[str, str] = {
    "平 píng": "level tone: the first of the four old tones",
    "仄 zè": "oblique tone: the other three, 上 rising, 去 departing, 入 entering",
    "中 zhōng": "either: the character is read in both tones",
    "韵 yùn": "rhyme. The old rhyme book has 106 groups, each named by one of its characters; "
    "those of one group rhyme, though some no longer sound alike",
    "绝句 juéjù": "a poem of four lines, of five (五 wǔ) or seven (七 qī) characters",
    "律诗 lǜshī": "regulated verse of eight lines; 排律 páilǜ is longer",
    "古 gǔ": "the old style: rhyme, and no rule of tone",
    "平起 仄起": "level start, oblique start: the tone of the poem's second character",
    "首句入韵": "the first line rhymes; 首句不入韵: it does not",
    "1 in 99": "how likely the model found a character, on the average of the poem; its logarithm "
    "is the log probability",
    "copied": "four or more characters in a row that stand in a Tang poem as well",
}


def glossary() -> dict[str, str]:
    """The words and what they mean, those of the scanner last."""
    return {**_WORDS, **IN_ENGLISH}


def rhyme_named(rhyme: str) -> str:
    """A rhyme by its name as the poems are written, and how that is read: 东 dōng."""
    name = simplified(rhyme)
    sound = _sounds().get(name, "")
    return f"{name} {sound}" if sound else name


def reading_named(reading: str) -> str:
    """A character's reading, tone and rhyme together, in both languages: 平东 level."""
    return f"{simplified(reading)} {FOUR_TONES.get(reading[:1], '')}".rstrip()


def template_in_english(template: str) -> str:
    """What 仄起首句不入韵 and its like say, so short that both fit into a pane beside others."""
    start = "level" if template.startswith("平") else "oblique"
    return f"{start} start, l. 1 {'unrhymed' if '不' in template else 'rhymes'}"


@cache
def _sounds() -> dict[str, str]:
    return {
        simplified(name): sound
        for tone, names in RHYMES.items()
        for name, sound in zip(names, _SOUNDS[tone].split(), strict=True)
    }
