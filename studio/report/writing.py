"""Writing a report: gather, compose, draw, and put the folder in its place."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

import msgspec

from studio import __version__
from studio.corpus.poem import is_han
from studio.documents import read_json
from studio.errors import ConfigError, RunError, StudioError
from studio.files import build_folder_atomically
from studio.installing import how_to_install
from studio.paths import Home, resolved
from studio.report.amounts import joined
from studio.report.catalogue import translator
from studio.report.comparison_chapter import comparison_chapter
from studio.report.document import Block, Paragraph, Picture, ReportDocument, Section
from studio.report.gathering import gather
from studio.report.html_page import html_page
from studio.report.markdown_page import markdown_page
from studio.report.model_chapter import model_chapter
from studio.report.records import ReportData
from studio.report.repeating_chapter import repeating_chapter, summary_chapter
from studio.report.results_chapter import results_chapter
from studio.report.training_chapter import training_chapter
from studio.translation import Translate, tr

FORMATS = ("html", "markdown")
RECORD = "report.json"


class ReportRecord(msgspec.Struct, frozen=True):
    """report.json: what a folder with a report holds, each file with its sha256."""

    studio: str
    runs: tuple[str, ...]
    language: str
    format: str
    files: dict[str, str]


def write_report(
    home: Home,
    runs: Sequence[str],
    out: Path,
    language: str = "en",
    format: str = "html",
    with_test: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write a report on some runs to the folder `out`, and return its page.

    A report that was there before is replaced once the new one is complete. Raises StudioError if
    the folder holds anything else, if a run is missing, or without matplotlib or a Chinese font.
    """
    if not runs:
        raise RunError(tr("Name the runs to report on: see `tangshi-studio runs list`."))
    out = resolved(out)
    drawing = check_request(runs, out, language, format)
    text = translator(language)
    data = gather(home, runs, with_test, say)
    document = compose_document(data, language, format, text)
    say(tr("Drawing the pictures ..."))
    return build_folder_atomically(out, partial(_fill, document, data, format, drawing, out))


def check_request(runs: Sequence[str], out: Path, language: str, format: str) -> ModuleType:
    """Find out what stands in the way of a report, before minutes of measuring.

    Returns the module that draws. Raises ConfigError for an unknown language or format, StudioError
    without matplotlib or a Chinese font, RunError if `out` holds something else.
    """
    translator(language)
    if format not in FORMATS:
        raise ConfigError(
            tr("A report is written as html or markdown, not {format!r}.", format=format)
        )
    drawing = _drawing()
    # The names of several runs are in the legends of the pictures.
    if language == "zh" or (len(runs) > 1 and any(map(is_han, "".join(runs)))):
        drawing.chinese_family()
    check_replaceable(out)
    return drawing


def check_replaceable(out: Path) -> None:
    """Raise RunError if writing a report to a folder would lose something."""
    if out.exists() and not out.is_dir():
        raise RunError(tr("{path} is not a folder. Name another one with --out.", path=out))
    if not out.exists() or not any(out.iterdir()):
        return
    if not (out / RECORD).is_file():
        raise RunError(
            tr(
                "{path} holds files that are not a report; they would be lost. Name an empty "
                "folder with --out, or one that does not exist.",
                path=out,
            )
        )
    remedy = tr("Name another folder with --out.")
    record = read_json(out / RECORD, ReportRecord, RunError, remedy)
    changed = [
        path.name
        for path in sorted(out.iterdir())
        if path.name != RECORD and record.files.get(path.name) != _sha256_of(path)
    ]
    if changed:
        raise RunError(
            tr(
                "{path} was added or changed since the report was written, and would be lost. "
                "Move it away, or name another folder with --out.",
                path=out / changed[0],
            )
        )


def compose_document(
    data: ReportData, language: str, format: str, text: Translate
) -> ReportDocument:
    """The report as blocks, in a language."""
    options = ["--language", language, *(["--format", format] if format != FORMATS[0] else [])]
    blocks = tuple(_blocks(data, options, text))
    return ReportDocument("zh-Hans" if language == "zh" else language, blocks)


def _blocks(data: ReportData, options: Sequence[str], text: Translate) -> Iterator[Block]:
    """`options` are those of the command that writes this report."""
    yield Section(1, text("Lab report: recurrent language models of Tang poetry"))
    yield Paragraph(
        text(
            "Runs: {runs}. Written on {date} by tangshi-studio {version} from the folders of the "
            "runs. Where a folder lacks something, the report says so.",
            runs=joined([run.name for run in data.runs], text),
            date=data.written,
            version=data.studio,
        )
    )
    yield from model_chapter(data, text)
    yield from training_chapter(data, text)
    yield from results_chapter(data, text)
    yield from comparison_chapter(data, text)
    yield from repeating_chapter(data, options, text)
    yield from summary_chapter(text)


def _fill(
    document: ReportDocument,
    data: ReportData,
    format: str,
    drawing: ModuleType,
    out: Path,
    staging: Path,
) -> Path:
    """Write the files of a report; returns the page's path once the folder is in its place."""
    if format == "html":
        page = staging / "report.html"
        page.write_text(html_page(document, partial(drawing.draw, kind="svg")), encoding="utf-8")
    else:
        page = staging / "report.md"
        page.write_text(markdown_page(document), encoding="utf-8")
        for block in document.blocks:
            if isinstance(block, Picture):
                for kind in ("png", "svg"):
                    drawn = drawing.draw(block.drawing, kind)
                    (staging / f"{block.name}.{kind}").write_bytes(drawn)
    record = ReportRecord(
        __version__,
        tuple(run.name for run in data.runs),
        document.language,
        format,
        {path.name: _sha256_of(path) for path in sorted(staging.iterdir())},
    )
    encoded = msgspec.json.format(msgspec.json.encode(record), indent=2)
    (staging / RECORD).write_bytes(encoded)
    return out / page.name


def _sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _drawing() -> ModuleType:
    """The module that draws; raises StudioError if matplotlib is not installed."""
    try:
        from studio.report import drawing
    except ImportError as error:
        if not (error.name or "").startswith("matplotlib"):
            raise
        raise StudioError(
            tr(
                "The pictures of a report are drawn with matplotlib, which is not installed. "
                "Run `{command}`.",
                command=how_to_install("matplotlib"),
            )
        ) from error
    return drawing
