"""The scanner's report on a poem, as frozen structs."""

from typing import Literal

import msgspec

FaultName = Literal[
    "失对",
    "失粘",
    "失替",
    "孤平",
    "三平尾",
    "三仄尾",
    "出韵",
    "撞韵",
    "重字",
    "字数",
    "失律",
    "联脚",
    "重韵",
]
# 三平尾 and 三仄尾 are notes if a second reading of a character avoids them.
NoteName = Literal[
    "孤平拗救",
    "特拗",
    "对句拗救",
    "拗",
    "邻韵",
    "僻韵",
    "僻读",
    "三平尾",
    "三仄尾",
    "叠句",
]

# For people who do not read Chinese.
IN_ENGLISH: dict[str, str] = {
    "失对": "not opposed",
    "失粘": "not adhering",
    "失替": "not alternating",
    "孤平": "isolated level tone",
    "三平尾": "three level tones at the end",
    "三仄尾": "three oblique tones at the end",
    "出韵": "out of rhyme",
    "撞韵": "clashing with the rhyme",
    "重字": "character repeated",
    "重韵": "rhyme word repeated",
    "字数": "wrong length",
    "失律": "wrong tone for the tune",
    "联脚": "wrong tone at the end of the line",
    "孤平拗救": "isolated level tone rescued",
    "特拗": "rescued by exchange",
    "对句拗救": "rescued by the next line",
    "拗": "tolerated",
    "邻韵": "neighbouring rhyme",
    "僻韵": "rare rhyme",
    "僻读": "rare reading",
    "叠句": "line not said again",
}

# Faults of tone, not of rhyme, length or wording.
TONE_FAULTS = frozenset({"失对", "失粘", "失替", "孤平", "三平尾", "三仄尾", "失律", "联脚"})


Severity = Literal["fault", "note"]


class Remark(msgspec.Struct, frozen=True):
    """A fault, or a note on something that is not a fault. Lines and places count from 0.

    It is about the characters `start` to `end` (exclusive) of a line. `explanation` is for the
    reader and counts from 1. `severity` is "fault" if a rule is broken that the poets kept, and
    "note" if something is worth mentioning but not wrong.
    """

    name: FaultName | NoteName
    line: int
    start: int
    end: int
    explanation: str
    severity: Severity = "fault"


class Character(msgspec.Struct, frozen=True):
    """A character with its tones.

    `readings` are tone and rhyme (one of the 106), such as 平寒; empty if the character is unknown.
    `tone` is 平 or 仄; 中 if readings of both tones count in this place; ? if it is unknown.
    `required` is the tone in the template: 平, 仄, or 中; empty if there is no template. In the
    second place of a line that breaks the order (失对, 失粘) it is the tone that would keep it.
    """

    character: str
    readings: tuple[str, ...]
    tone: str
    required: str


class Line(msgspec.Struct, frozen=True):
    """A line. `type` is a, A, b or B in regulated verse; `rhyme` is the rhyme at its end."""

    text: str
    type: str
    rhyme: str
    characters: tuple[Character, ...]


class Scansion(msgspec.Struct, frozen=True):
    """A poem's form, its rhymes (several if an old-style poem changes its rhyme), and its faults.

    `faults` has every broken rule. A repeated character (重字) is among them with the severity
    "note": the rule books forbid it, but the poets did it. Only both lines of a couplet may not
    have the same one. `notes` has what looks like a fault but is not. `template` is the tone scheme
    of a regulated poem, such as 仄起首句入韵, the length of a ci (33字), whose `form` is its tune,
    or that of the lines of a couplet (7字). The poem may still have faults against it. It is empty
    for other poems.
    """

    form: str
    template: str
    rhymes: tuple[str, ...]
    lines: tuple[Line, ...]
    faults: tuple[Remark, ...]
    notes: tuple[Remark, ...]

    @property
    def regulated(self) -> bool:
        """Whether the poem was measured against a template."""
        return bool(self.template)

    @property
    def broken(self) -> list[Remark]:
        """The faults of severity "fault"."""
        return [each for each in self.faults if each.severity == "fault"]

    @property
    def noted(self) -> list[Remark]:
        """All remarks of severity "note", in the order of the lines."""
        mild = [each for each in (*self.faults, *self.notes) if each.severity == "note"]
        return sorted(mild, key=lambda each: (each.line, each.start, each.end))

    @property
    def perfect(self) -> bool:
        """Whether every character fits the template; the two rescues within a line count as fit."""
        strays = {"对句拗救", "拗"}
        ends = (line.characters[-1] for line in self.lines)
        return not (
            any(fault.name in TONE_FAULTS or fault.name == "字数" for fault in self.faults)
            or any(note.name in strays for note in self.notes)
            # A rhyme of the wrong tone is out of rhyme (出韵), which is no fault of tone.
            or any({end.tone, end.required} == {"平", "仄"} for end in ends)
        )
