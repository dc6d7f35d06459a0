"""The studio's three themes, each chosen three times: for truecolor, 256 colours and 16 colours.

Rounding a truecolor theme to the 256 colours of a terminal makes dark blue greys navy or teal, and
cream lemon. So each colour names its entry in both palettes. Entries 0 to 15 look different in
each terminal, and 256 colours do without them. With 16 colours, backgrounds are entries 0 to 7:
the Linux console has no others; 8 and 15 are there the same as 0 and 7.

The colours of the curves follow Okabe and Ito (2008): colour-blind people can distinguish them. For
the light theme they are darker, so that they are readable on a light background. In `slate` all
colours with a meaning are blue or orange, of different lightness.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from rich.color import Color
from textual.theme import Theme

Depth = Literal["truecolor", "256", "16"]


class Shade(NamedTuple):
    """One colour of a theme: #rrggbb[aa], entry of 256 colours, entry of 16 colours."""

    truecolor: str
    of_256: int
    of_16: int

    def at(self, depth: Depth) -> str:
        """The colour as a style sheet has it. Entries of a palette get their nominal value."""
        if depth == "truecolor":
            return self.truecolor
        return Color.from_ansi(self.entry(depth)).get_truecolor().hex

    def entry(self, depth: Depth) -> int:
        """The entry in the palette of this depth."""
        return self.of_16 if depth == "16" else self.of_256


_INK = {
    "background": Shade("#12161c", 233, 0),
    "surface": Shade("#171c24", 234, 0),
    "panel": Shade("#202733", 236, 0),
    "footer-background": Shade("#0d1015", 232, 0),
    "foreground": Shade("#dcdad2", 253, 15),
    "secondary": Shade("#8d99a6", 247, 7),
    "text-disabled": Shade("auto 38%", 244, 8),
    "faint": Shade("#4a5667", 240, 8),
    "border-blurred": Shade("#36404e", 238, 8),
    "primary": Shade("#6cb2d9", 74, 14),
    "primary-faint": Shade("#6cb2d999", 67, 6),
    "accent": Shade("#e5a84b", 179, 11),
    "accent-faint": Shade("#a57c3c", 136, 3),
    "error": Shade("#f0806a", 209, 9),
    "success": Shade("#5cc0a0", 72, 10),
    "block-cursor-background": Shade("#2c4a61", 24, 4),
    "block-cursor-foreground": Shade("#f2f0e8", 255, 15),
    "block-cursor-blurred-background": Shade("#232c38", 237, 8),
    "input-selection-background": Shade("#6cb2d959", 67, 6),
    "input-selection-foreground": Shade("#dcdad2", 232, 0),
    "likely-1": Shade("#e5a84b24", 238, 4),
    "likely-2": Shade("#e5a84b47", 94, 5),
    "likely-3": Shade("#e5a84b75", 136, 3),
    "likely-4": Shade("#e5a84bb2", 215, 7),
    "likely-3-foreground": Shade("#dcdad2", 233, 0),
    "likely-4-foreground": Shade("#12161c", 233, 0),
    "series-1": Shade("#56b4e9", 74, 14),
    "series-1-faint": Shade("#27485d", 24, 6),
    "series-2": Shade("#e69f00", 178, 11),
    "series-2-faint": Shade("#554113", 94, 3),
    "series-3": Shade("#3fc79a", 79, 10),
    "series-3-faint": Shade("#204e44", 29, 2),
    "series-4": Shade("#f28e6b", 209, 9),
    "series-4-faint": Shade("#593c35", 95, 1),
    "series-5": Shade("#d79bc0", 175, 13),
    "series-5-faint": Shade("#514050", 96, 5),
    "series-6": Shade("#e8dc5a", 186, 15),
    "series-6-faint": Shade("#56552f", 58, 8),
}

_PAPER = {
    "background": Shade("#f7f2e6", 255, 15),
    "surface": Shade("#f1ead9", 254, 15),
    "panel": Shade("#e6dcc6", 253, 7),
    "footer-background": Shade("#ebe2cf", 254, 7),
    "foreground": Shade("#28241d", 235, 0),
    "secondary": Shade("#6a6355", 240, 8),
    "text-disabled": Shade("auto 38%", 243, 8),
    "faint": Shade("#b3a78d", 248, 8),
    "border-blurred": Shade("#c3b79c", 249, 8),
    "primary": Shade("#1d5f8a", 24, 4),
    "primary-faint": Shade("#1d5f8a99", 67, 6),
    "accent": Shade("#8f5200", 94, 5),
    "accent-faint": Shade("#ae8245", 137, 5),
    "error": Shade("#a8321f", 124, 1),
    "success": Shade("#136b52", 23, 2),
    "block-cursor-background": Shade("#c9dbe6", 153, 6),
    "block-cursor-foreground": Shade("#17140f", 232, 0),
    "block-cursor-blurred-background": Shade("#e3dac6", 252, 7),
    "input-selection-background": Shade("#1d5f8a40", 74, 4),
    "input-selection-foreground": Shade("#28241d", 232, 15),
    "likely-1": Shade("#8f520024", 187, 7),
    "likely-2": Shade("#8f520047", 180, 3),
    "likely-3": Shade("#8f520075", 130, 5),
    "likely-4": Shade("#8f5200b2", 94, 1),
    "likely-3-foreground": Shade("#17140f", 255, 15),
    "likely-4-foreground": Shade("#17140f", 255, 15),
    "series-1": Shade("#0067a3", 25, 4),
    "series-1-faint": Shade("#a7c5d0", 153, 6),
    "series-2": Shade("#a35f00", 130, 1),
    "series-2-faint": Shade("#dcc29c", 180, 3),
    "series-3": Shade("#00704f", 29, 2),
    "series-3-faint": Shade("#a7c8b5", 151, 2),
    "series-4": Shade("#b23c00", 160, 5),
    "series-4-faint": Shade("#e0b79c", 217, 5),
    "series-5": Shade("#96477a", 90, 0),
    "series-5-faint": Shade("#d7bbc3", 182, 8),
    "series-6": Shade("#6f6700", 58, 6),
    "series-6-faint": Shade("#cbc59c", 187, 6),
}

_SLATE = {
    "background": Shade("#14181d", 234, 0),
    "surface": Shade("#1a1f26", 235, 0),
    "panel": Shade("#252c36", 237, 0),
    "footer-background": Shade("#0f1216", 233, 0),
    "foreground": Shade("#e4e4e2", 254, 15),
    "secondary": Shade("#9aa3ad", 248, 7),
    "text-disabled": Shade("auto 38%", 245, 8),
    "faint": Shade("#535c68", 241, 8),
    "border-blurred": Shade("#3d4651", 239, 8),
    "primary": Shade("#57a5f2", 75, 14),
    "primary-faint": Shade("#57a5f299", 67, 6),
    "accent": Shade("#ffd166", 221, 11),
    "accent-faint": Shade("#b99850", 136, 3),
    "error": Shade("#f2731f", 208, 9),
    "success": Shade("#94cdff", 117, 12),
    "block-cursor-background": Shade("#1f4f86", 25, 4),
    "block-cursor-foreground": Shade("#ffffff", 231, 15),
    "block-cursor-blurred-background": Shade("#2b333d", 238, 8),
    "input-selection-background": Shade("#57a5f259", 75, 6),
    "input-selection-foreground": Shade("#e4e4e2", 232, 0),
    "likely-1": Shade("#ffb00024", 239, 4),
    "likely-2": Shade("#ffb00047", 94, 5),
    "likely-3": Shade("#ffb00075", 136, 3),
    "likely-4": Shade("#ffb000b2", 220, 7),
    "likely-3-foreground": Shade("#e4e4e2", 234, 0),
    "likely-4-foreground": Shade("#14181d", 234, 0),
    "series-1": Shade("#57a5f2", 75, 14),
    "series-1-faint": Shade("#294562", 24, 6),
    "series-2": Shade("#ffb000", 214, 11),
    "series-2-faint": Shade("#5f4914", 94, 3),
    "series-3": Shade("#c4e3ff", 195, 15),
    "series-3-faint": Shade("#4c5965", 66, 7),
    "series-4": Shade("#d9580f", 166, 9),
    "series-4-faint": Shade("#532d19", 58, 1),
    "series-5": Shade("#fff3b0", 229, 7),
    "series-5-faint": Shade("#5f5e4c", 101, 8),
    "series-6": Shade("#8c8c8c", 245, 12),
    "series-6-faint": Shade("#3a3d41", 239, 4),
}

_TABLES = {"ink": _INK, "paper": _PAPER, "slate": _SLATE}
NAMES = tuple(_TABLES)
SERIES = 6

# Greys in between are for what Textual blends, such as a screen behind a dialog.
_GREYS = {"256": frozenset((231, *range(232, 256))), "16": frozenset((0, 7, 8, 15))}
_ALIASES = {
    "warning": "accent",
    "border": "primary",
    "block-cursor-blurred-foreground": "foreground",
    "footer-key-foreground": "accent",
}
# Textual blends these. With few colours, each is the same as a colour of the theme.
_UNBLENDED = {
    "text-muted": "secondary",
    "text-primary": "primary",
    "text-secondary": "secondary",
    "text-accent": "accent",
    "text-warning": "accent",
    "text-error": "error",
    "text-success": "success",
    "foreground-muted": "secondary",
    "foreground-disabled": "text-disabled",
    "button-color-foreground": "background",
    "block-hover-background": "panel",
    "scrollbar": "border-blurred",
    "scrollbar-hover": "faint",
    "scrollbar-background": "background",
    "screen-selection-background": "block-cursor-background",
    "screen-selection-foreground": "block-cursor-foreground",
}


def theme_for(name: str, depth: Depth) -> Theme:
    """The theme with this name, in the colours of a terminal of this depth."""
    colours = {role: shade.at(depth) for role, shade in _TABLES[name].items()}
    colours |= {role: colours[other] for role, other in _ALIASES.items()}
    if depth != "truecolor":
        colours |= {role: colours[other] for role, other in _UNBLENDED.items()}
    take = colours.pop
    return Theme(
        name=name,
        dark=name != "paper",
        primary=take("primary"),
        secondary=take("secondary"),
        accent=take("accent"),
        warning=take("warning"),
        error=take("error"),
        success=take("success"),
        foreground=take("foreground"),
        background=take("background"),
        surface=take("surface"),
        panel=take("panel"),
        variables=colours,
    )


def palette(name: str, depth: Literal["256", "16"]) -> frozenset[int]:
    """The entries of a terminal's palette that a theme uses: its own, and greys."""
    return _GREYS[depth] | {shade.entry(depth) for shade in _TABLES[name].values()}


def greys(depth: Literal["256", "16"]) -> frozenset[int]:
    """The entries of a terminal's palette without a hue."""
    return _GREYS[depth]


def series_colour(variables: Mapping[str, str], index: int) -> tuple[str, str]:
    """The colour of the curve with this index, and a faint one for its raw values, as #rrggbb.

    `variables` are those of the current theme. The colours repeat after six.
    """
    role = f"series-{index % SERIES + 1}"
    return variables[role], variables[f"{role}-faint"]
