"""Draws with the entries of a terminal's palette: what Textual blends gets the nearest one."""

from collections.abc import Iterable
from functools import lru_cache

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

_Lab = tuple[float, float, float]


class PaletteFilter(LineFilter):
    """Replaces each colour by the nearest entry of a palette.

    The terminal gets the numbers of the entries, so nothing is rounded after this.
    """

    def __init__(self, entries: Iterable[int]) -> None:
        super().__init__()
        self._entries = [_entry(number) for number in sorted(entries)]
        self._nearest = lru_cache(4096)(self._find_nearest)
        self._restyled = lru_cache(4096)(self._restyle)

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:
        """Replace the colours of a line."""
        restyled = self._restyled
        return [Segment(text, style and restyled(style), None) for text, style, _ in segments]

    def _restyle(self, style: Style) -> Style:
        fore, back = style.color, style.bgcolor
        return style + Style.from_color(fore and self._nearest(fore), back and self._nearest(back))

    def _find_nearest(self, colour: Color) -> Color:
        place = _place(colour.get_truecolor())
        return min(self._entries, key=lambda entry: distance(place, entry[0]))[1]


def _entry(number: int) -> tuple[_Lab, Color]:
    """An entry of the palette, with its nominal value: Textual blends that, behind a dialog."""
    colour = Color.from_ansi(number)
    triplet = colour.get_truecolor()
    return _place(triplet), colour._replace(triplet=triplet)


def _place(colour: ColorTriplet) -> _Lab:
    """A colour in OKLab, its hue counted twice: a grey stays grey, though a blue may be nearer."""
    lightness, red, yellow = oklab(colour)
    return lightness, 2 * red, 2 * yellow


def distance(one: _Lab, other: _Lab) -> float:
    """How different two colours look; 0.02 is just visible."""
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


def oklab(colour: ColorTriplet) -> _Lab:
    """Lightness, green to red and blue to yellow, in which distances are as the eye sees them.

    Björn Ottosson: A perceptual color space for image processing (2020).
    """
    red, green, blue = (_linear(part / 255) for part in colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear(part: float) -> float:
    """The light of a channel in sRGB, both from 0 to 1."""
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
