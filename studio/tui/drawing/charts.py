"""Small charts in characters: pure functions from numbers to rows of a given width."""

import math
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = " ▁▂▃▄▅▆▇█"


def bars(
    rows: Sequence[tuple[str, float, str]], width: int, colour: str = "$primary"
) -> list[Content]:
    """A horizontal bar for each `(label, value, figure)`; the largest takes all the room."""
    if not rows:
        return []
    labels = max(cell_len(label) for label, _, _ in rows)
    figures = max(cell_len(figure) for _, _, figure in rows)
    room = max(1, width - labels - figures - 2)
    largest = max(value for _, value, _ in rows) or 1
    drawn = []
    for label, value, figure in rows:
        eighths = round(room * 8 * value / largest)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        drawn.append(
            Content.assemble(
                (label, "$secondary"),
                " " * (labels - cell_len(label) + 1),
                (bar, colour),
                " " * (room - len(bar) + 1 + figures - cell_len(figure)),
                figure,
            )
        )
    return drawn


def columns(
    values: Sequence[tuple[str, float]], width: int, height: int, colour: str = "$primary"
) -> list[Content]:
    """Vertical bars side by side. Below each is its label, if there is room."""
    if not values:
        return []
    step = max(1, width // len(values))
    thick = max(1, step - 1)
    largest = max(value for _, value in values) or 1
    heights = [round(height * 8 * value / largest) for _, value in values]
    drawn = []
    for row in reversed(range(height)):
        cells = (_LEVELS[min(8, max(0, eighths - row * 8))] for eighths in heights)
        line = "".join(cell * thick + " " * (step - thick) for cell in cells)
        drawn.append(Content.styled(line[:width], colour))
    drawn.append(Content.styled(_labels([label for label, _ in values], step, width), "$secondary"))
    return drawn


def _labels(labels: Sequence[str], step: int, width: int) -> str:
    """The labels, each at the left of its column, unless it would touch the previous one."""
    line = ""
    for index, label in enumerate(labels):
        if index * step >= len(line) + bool(line) and index * step + len(label) <= width:
            line = line.ljust(index * step) + label
    return line


def log_log(
    points: Sequence[tuple[int, int]], width: int, height: int, plain: bool = False
) -> list[Content]:
    """A curve of positive points on logarithmic axes, with the largest values at the axes.

    `plain` draws with asterisks, for fonts without braille.
    """
    # Imported here: the first frame needs the other charts only.
    import numpy as np

    from studio.tui.drawing import braille

    if not points or width < 12:
        return []
    top = max(value for _, value in points)
    right = max(rank for rank, _ in points)
    margin = len(f"{top:,}") + 1
    size = (width - margin, height)
    across, down = size if plain else (size[0] * braille.ACROSS, size[1] * braille.DOWN)
    ranks, values = np.log(np.array(points, float)).T
    # The curve starts and ends in the middle of a dot.
    x = ranks / (math.log(right) or 1) * (across - 1) + 0.5
    y = down - 0.5 - values / (math.log(top) or 1) * (down - 1)
    dots = braille.trace(x, y, across, down)
    cells = braille.marks(*dots, *size, "*") if plain else braille.cells(*dots, *size)
    drawn = []
    for row, codes in enumerate(cells.tolist()):
        label = f"{top:,}" if row == 0 else "1" if row == height - 1 else ""
        curve = "".join(chr(code or ord(" ")) for code in codes)
        drawn.append(
            Content.assemble((label.rjust(margin - 1) + " ", "$secondary"), (curve, "$primary"))
        )
    axis = f"1{f'{right:,}'.rjust(width - margin - 1)}"
    drawn.append(Content.styled(" " * margin + axis, "$secondary"))
    return drawn


def stacked(parts: Sequence[tuple[float, str]], width: int) -> Content:
    """One bar of the whole width, divided in proportion, each part in its colour."""
    total = sum(value for value, _ in parts) or 1
    pieces, reached, start = list[tuple[str, str]](), 0.0, 0
    for value, colour in parts:
        reached += value
        end = round(width * reached / total)
        pieces.append(("▀" * (end - start), colour))
        start = end
    return Content.assemble(*pieces)


def shortened(text: str, width: int) -> str:
    """The text without its middle if it is wider than `width` cells.

    Names that people choose differ at the start, names that the studio proposes at the end.
    """
    if cell_len(text) <= width:
        return text
    start = max(0, width - 1) // 2
    end = max(0, width - 1 - start)
    return f"{set_cell_size(text, start)}…{set_cell_size(text[::-1], end)[::-1]}"


def fitted(text: str, width: int) -> str:
    """Pad, or cut and end with an ellipsis, to a width in cells; without control characters."""
    shown = "".join(each if each.isprintable() else "?" for each in text)
    width = max(0, width)
    if cell_len(shown) <= width or width < 2:
        return set_cell_size(shown, width)
    return set_cell_size(set_cell_size(shown, width - 1).rstrip() + "…", width)
