"""What the scanner says of a poem: frozen, to be printed, encoded or shown."""

from typing import Literal

import msgspec

FaultName = Literal[
    "失对", "失粘", "失替", "孤平", "三平尾", "三仄尾", "出韵", "撞韵", "重字", "字数"
]
# 三平尾 and 三仄尾 are notes where a second reading of a character averts them.
NoteName = Literal["孤平拗救", "特拗", "对句拗救", "拗", "邻韵", "三平尾", "三仄尾"]

# In a word, for people who read no Chinese.
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
    "字数": "wrong length",
    "孤平拗救": "isolated level tone rescued",
    "特拗": "rescued by exchange",
    "对句拗救": "rescued by the next line",
    "拗": "tolerated",
    "邻韵": "neighbouring rhyme",
}

# What breaks the tones, as against rhyme, length and wording.
TONE_FAULTS = frozenset({"失对", "失粘", "失替", "孤平", "三平尾", "三仄尾"})


Severity = Literal["fault", "note"]


class Remark(msgspec.Struct, frozen=True):
    """A fault, or a note of something that is none. Lines and places count from 0.

    It concerns the characters `start` to `end` (not included) of a line; `explanation` tells a
    reader, who counts from 1, what is the matter. `severity` is "fault" where a rule is broken
    that the poets kept, and "note" where something is worth a word and no blame.
    """

    name: FaultName | NoteName
    line: int
    start: int
    end: int
    explanation: str
    severity: Severity = "fault"


class Character(msgspec.Struct, frozen=True):
    """A character with its tones.

    `readings` are tone and rhyme of the 106, as in 平寒; none where the character is unknown.
    `tone` is 平, 仄, 中 where the readings that count in this place have both and nothing decides,
    or ? where unknown.
    `required` is what the template asks for: 平, 仄, or 中; empty where there is none.
    """

    character: str
    readings: tuple[str, ...]
    tone: str
    required: str


class Line(msgspec.Struct, frozen=True):
    """A line. `type` is a, A, b or B in regulated verse; `rhyme` the rhyme that its end keeps."""

    text: str
    type: str
    rhyme: str
    characters: tuple[Character, ...]


class Scansion(msgspec.Struct, frozen=True):
    """A poem's form, its rhymes (more than one where an old-style poem changes), and its faults.

    `faults` has all that breaks a rule by its name. A character that comes again (重字) is among
    them with the severity "note": the books of rules forbid it, the poets did it all the same.
    `notes` tells of what looks like a fault and is none. `template` names the way a regulated poem
    sets its tones, as in 仄起首句入韵, and is empty in others; the poem need not keep it without a
    fault.
    """

    form: str
    template: str
    rhymes: tuple[str, ...]
    lines: tuple[Line, ...]
    faults: tuple[Remark, ...]
    notes: tuple[Remark, ...]

    @property
    def regulated(self) -> bool:
        """Whether the poem was measured against the rules of regulated verse."""
        return bool(self.template)

    @property
    def broken(self) -> list[Remark]:
        """What breaks a rule that the poets kept."""
        return [each for each in self.faults if each.severity == "fault"]

    @property
    def noted(self) -> list[Remark]:
        """What is worth a word and no blame, in the order of the lines."""
        mild = [each for each in (*self.faults, *self.notes) if each.severity == "note"]
        return sorted(mild, key=lambda each: (each.line, each.start, each.end))

    @property
    def perfect(self) -> bool:
        """Whether every character fits the template, the two rescues within a line allowed."""
        strays = {"对句拗救", "拗"}
        return not (
            any(fault.name in TONE_FAULTS or fault.name == "字数" for fault in self.faults)
            or any(note.name in strays for note in self.notes)
        )
