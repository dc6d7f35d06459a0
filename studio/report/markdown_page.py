"""A report as Markdown (GFM), with its pictures beside it."""

import re

from studio.report.document import (
    Blank,
    Block,
    Commands,
    Grid,
    Paragraph,
    Picture,
    Remarks,
    ReportDocument,
    Section,
    as_shown,
)

# What Markdown may read as its own, anywhere in a line, and at the start of one.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_FIRST = re.compile(r"^(\s*)([-+=:]|\d+(?=[.)]))")


def markdown_page(document: ReportDocument) -> str:
    """The document as Markdown; a picture is the file NAME.png, with NAME.svg beside it."""
    return "\n\n".join(_block(block) for block in document.blocks) + "\n"


def _block(block: Block) -> str:
    match block:
        case Section():
            return f"{'#' * block.level} {_line(block.title)}"
        case Paragraph():
            return _start(_line(block.words))
        case Remarks():
            return "\n".join(f"- {_start(_line(each))}" for each in block.items)
        case Grid():
            return _grid(block)
        case Picture():
            caption = _line(block.caption)
            return f"![{caption}]({block.name}.png)\n\n*{caption}* ([SVG]({block.name}.svg))"
        case Commands():
            lines = [as_shown(line).replace("\n", " ") for line in block.lines]
            longest = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
            fence = "`" * max(3, longest + 1)
            return "\n".join([fence, *lines, fence])
        case Blank():
            return f"*{_line(block.hint)}*"


def _grid(grid: Grid) -> str:
    marks = ["---:" if grid.is_numeric(column) else "---" for column in range(len(grid.head))]
    rows = [grid.head, marks, *grid.rows]
    lines = [
        f"| {' | '.join(each if row is marks else _cell(each) for each in row)} |" for row in rows
    ]
    return "\n".join(lines) + (f"\n\n*{_line(grid.caption)}*" if grid.caption else "")


def _cell(text: str) -> str:
    return "<br>".join(_line(line) for line in text.split("\n"))


def _line(text: str) -> str:
    """Text on one line, with nothing that Markdown interprets."""
    return _SPECIAL.sub(r"\\\1", " ".join(as_shown(text).split("\n")))


def _start(line: str) -> str:
    """The same at the start of a line, where more is interpreted."""
    return _FIRST.sub(
        lambda found: (
            f"{found[1]}\\{found[2]}" if not found[2].isdigit() else f"{found[1]}{found[2]}\\"
        ),
        line,
    )
