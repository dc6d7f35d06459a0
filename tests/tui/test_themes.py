"""The colours of the themes: readable, distinct, and exact in the palette of a terminal."""

from itertools import combinations

import pytest
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor

from studio.tui.palette_filter import PaletteFilter, distance, oklab
from studio.tui.themes import NAMES, SERIES, Depth, greys, palette, series_colour, theme_for

# How different colours with different meanings look at least, in OKLab; 0.02 is just visible.
APART = 0.07
DEPTHS: list[Depth] = ["truecolor", "256"]
# What people without red or green receptors see, in linear light. Machado, Oliveira, Fernandes:
# A physiologically-based model for simulation of color vision deficiency (2009).
PROTANOPE = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPE = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)


def variables(name: str, depth: Depth) -> dict[str, str]:
    theme = theme_for(name, depth)
    return theme.to_color_system().generate() | theme.variables


def linear(colour: str) -> tuple[float, ...]:
    parts = (part / 255 for part in TextualColor.parse(colour).rgb)
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2)."""
    dark, light = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue
        for red, green, blue in map(linear, (one, other))
    )
    return (light + 0.05) / (dark + 0.05)


def seen_by(eye: tuple[tuple[float, ...], ...], colour: str) -> ColorTriplet:
    light = linear(colour)
    seen = (sum(w * p for w, p in zip(row, light, strict=True)) for row in eye)
    kept = (min(1.0, max(0.0, part)) for part in seen)
    shown = (p * 12.92 if p <= 0.0031308 else 1.055 * p ** (1 / 2.4) - 0.055 for p in kept)
    return ColorTriplet(*(round(255 * part) for part in shown))


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read_on_every_background(name: str, depth: Depth) -> None:
    colours = variables(name, depth)
    texts = ["foreground", "secondary", "primary", "accent", "error", "success"]
    pairs = [(text, "background") for text in texts]
    pairs += [("foreground", on) for on in ("surface", "panel", "footer-background")]
    pairs += [("accent", "footer-background"), ("background", "primary")]
    pairs += [
        (f"block-cursor{which}-foreground", f"block-cursor{which}-background")
        for which in ("", "-blurred")
    ]
    # A field with the focus has the background of the cursor.
    pairs.append(("foreground", "block-cursor-background"))
    for text, on in pairs:
        assert contrast(colours[text], colours[on]) >= 4.5, (text, on)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("eye", [PROTANOPE, DEUTERANOPE], ids=["protanope", "deuteranope"])
def test_in_slate_colour_blind_people_can_tell_states_and_curves_apart(
    eye: tuple[tuple[float, ...], ...], depth: Depth
) -> None:
    colours = variables("slate", depth)
    states = ["foreground", "secondary", "primary", "accent", "error", "success"]
    curves = [f"series-{number}" for number in range(1, SERIES + 1)]
    for names in (states, curves):
        seen = {name: oklab(seen_by(eye, colours[name])) for name in names}
        for one, other in combinations(names, 2):
            assert distance(seen[one], seen[other]) >= APART, (one, other)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", NAMES)
def test_the_curves_of_a_theme_are_distinct(name: str, depth: Depth) -> None:
    colours = [series_colour(variables(name, depth), number)[0] for number in range(SERIES)]
    places = [oklab(ColorTriplet(*TextualColor.parse(colour).rgb)) for colour in colours]
    assert min(distance(one, other) for one, other in combinations(places, 2)) >= APART
    assert series_colour(variables(name, depth), SERIES)[0] == colours[0]


@pytest.mark.parametrize("depth", ["256", "16"])
@pytest.mark.parametrize("name", NAMES)
def test_the_colours_of_a_theme_are_entries_of_its_palette(name: str, depth: Depth) -> None:
    assert depth != "truecolor"
    entries = palette(name, depth)
    assert all((number < 16) == (depth == "16") for number in entries)
    values = {Color.from_ansi(number).get_truecolor().hex for number in entries}
    theme = theme_for(name, depth)
    assert theme.background in values
    assert {value for value in theme.variables.values() if value.startswith("#")} <= values


def drawn(entries: frozenset[int], fore: str, back: str) -> str:
    """The escape sequence for a text in these colours."""
    (segment,) = PaletteFilter(entries).apply(
        [Segment("月", Style(color=fore, bgcolor=back))], TextualColor(0, 0, 0)
    )
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.bgcolor is not None
    return ";".join(
        (*segment.style.color.get_ansi_codes(), *segment.style.bgcolor.get_ansi_codes(False))
    )


def test_the_terminal_gets_the_number_of_the_nearest_entry() -> None:
    assert drawn(palette("ink", "256"), "#5fafd7", "#121212") == "38;5;74;48;5;233"
    assert drawn(palette("ink", "256"), "#5eb0d4", "#131212") == "38;5;74;48;5;233"
    assert drawn(palette("ink", "16"), "#ffff00", "#000002") == "93;40"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", ["256", "16"])
def test_a_grey_stays_a_grey(name: str, depth: Depth) -> None:
    assert depth != "truecolor"
    for level in range(0, 256, 5):
        grey = f"#{level:02x}{level:02x}{level:02x}"
        assert drawn(palette(name, depth), grey, grey) == drawn(greys(depth), grey, grey)
