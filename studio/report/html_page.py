"""A report as one HTML file: its pictures are inside, and it loads nothing."""

import base64
from collections.abc import Callable, Sequence
from html import escape

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
from studio.report.pictures import Drawing

# Nothing is fetched and no script runs, whatever a run's texts hold.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { --ink: #222; --faint: #666; --line: #ccc; --paper: #fff; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1.2rem; background: var(--paper);
  color: var(--ink); line-height: 1.6;
  font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
  "WenQuanYi Micro Hei", system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.3; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 2px solid var(--ink); }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .4rem; }
h4 { font-size: 1rem; margin: 1.3rem 0 .3rem; }
p { margin: .5rem 0; text-align: justify; }
figure { margin: 1.1rem 0; }
figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { margin: .3rem auto 0; font-size: .85rem; color: var(--faint); text-align: center; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .84rem; margin: 0 auto; line-height: 1.45; }
th, td { padding: .28rem .55rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
thead th { border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink);
  vertical-align: bottom; }
tbody tr:last-child td { border-bottom: 2px solid var(--ink); }
.number { text-align: right; }
.verse td { white-space: nowrap; }
.prose { table-layout: fixed; width: 100%; }
.prose th:first-child { width: 5.5em; }
.prose td { line-break: anywhere; }
pre { background: #f5f5f2; padding: .7rem .9rem; font-size: .82rem; white-space: pre-wrap;
  overflow-wrap: anywhere; border-left: 3px solid var(--line); }
ul { margin: .4rem 0; padding-left: 1.3rem; font-size: .92rem; }
.blank { border: 1px dashed var(--line); min-height: 12rem; padding: .8rem 1rem;
  color: var(--faint); }
@media print {
  body { margin: 0; max-width: none; font-size: 10pt; }
  figure, tr, h2, h3, h4 { break-inside: avoid; } h2, h3, h4 { break-after: avoid; }
}
"""


def html_page(document: ReportDocument, draw: Callable[[Drawing], bytes]) -> str:
    """The document as HTML; `draw` returns a picture as SVG."""
    body = "\n".join(_block(block, draw) for block in document.blocks)
    return f"""<!DOCTYPE html>
<html lang="{_text(document.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_text(_POLICY)}">
<title>{_text(document.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _block(block: Block, draw: Callable[[Drawing], bytes]) -> str:
    match block:
        case Section():
            return f"<h{block.level}>{_text(block.title)}</h{block.level}>"
        case Paragraph():
            return f"<p>{_text(block.words)}</p>"
        case Remarks():
            items = "".join(f"<li>{_text(each)}</li>" for each in block.items)
            return f"<ul>{items}</ul>"
        case Grid():
            return _grid(block)
        case Picture():
            encoded = base64.b64encode(draw(block.drawing)).decode()
            caption = _text(block.caption)
            source = f"data:image/svg+xml;base64,{encoded}"
            return (
                f'<figure id="{_text(block.name)}"><img src="{source}" alt="{caption}">'
                f"<figcaption>{caption}</figcaption></figure>"
            )
        case Commands():
            # A line break in a value must not start a command of its own.
            lines = (_text(" ".join(line.split("\n"))) for line in block.lines)
            return f"<pre><code>{chr(10).join(lines)}</code></pre>"
        case Blank():
            # It can be filled in in the browser, and printed.
            return f'<div class="blank" contenteditable="true">{_text(block.hint)}</div>'


def _grid(grid: Grid) -> str:
    head = _row(grid, grid.head, "th")
    rows = "".join(f"<tr>{_row(grid, row, 'td')}</tr>\n" for row in grid.rows)
    caption = f"<figcaption>{_text(grid.caption)}</figcaption>" if grid.caption else ""
    return (
        f'<figure class="wide"><table class="{grid.kind}"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table>{caption}</figure>"
    )


def _row(grid: Grid, cells: Sequence[str], tag: str) -> str:
    written = []
    for column, cell in enumerate(cells):
        kind = ' class="number"' if grid.is_numeric(column) else ""
        written.append(f"<{tag}{kind}>{_lines(cell)}</{tag}>")
    return "".join(written)


def _text(text: str) -> str:
    return escape(as_shown(text))


def _lines(text: str) -> str:
    return "<br>".join(_text(line) for line in text.split("\n"))
