"""The report as Markdown reads as it was meant, whatever the runs hold."""

import re
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from studio.paths import Home
from studio.report import writing
from studio.report.document import (
    Commands,
    Grid,
    Paragraph,
    Remarks,
    ReportDocument,
    Section,
)
from studio.report.markdown_page import markdown_page
from studio.report.records import ReportData
from studio.report.writing import write_report
from tests.report.conftest import RUNS
from tests.report.test_html_page import hostile


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


def test_every_picture_lies_beside_the_page_as_png_and_svg(
    two_runs: Home, gathered: ReportData, plain_pictures: list[object], tmp_path: Path
) -> None:
    page = write_report(two_runs, RUNS, tmp_path / "report", format="markdown")
    named = re.findall(r"!\[.*?\]\((\S+)\)", page.read_text())
    assert len(named) == 13
    for name in named:
        assert (page.parent / name).read_bytes().startswith(b"<png>")
        assert (page.parent / name).with_suffix(".svg").read_bytes().startswith(b"<svg>")


def test_markdown_and_html_have_the_same_tables(
    two_runs: Home, gathered: ReportData, plain_pictures: list[object], tmp_path: Path
) -> None:
    html = write_report(two_runs, RUNS, tmp_path / "a").read_text()
    page = write_report(two_runs, RUNS, tmp_path / "b", format="markdown").read_text()
    assert cells(rendered(page)) == cells(html)


def cells(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r"<t[dh](?: [^>]*)?>(.*?)</t[dh]>", html)]


def test_texts_of_a_run_are_shown_not_interpreted(
    two_runs: Home,
    data: ReportData,
    plain_pictures: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "gather", lambda *_: hostile(data))
    page = write_report(two_runs, RUNS, tmp_path / "report", format="markdown").read_text()
    html = rendered(page)
    assert "<script" not in html
    assert 'href="http' not in html
    assert html.count("<h1>") == 1
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;|`x`" in html


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "+ a",
        "1. a",
        "2) a",
        "# a",
        "> a",
        "===",
        "---",
        "***",
        "a | b",
        "`a`",
        "``",
        "<b>a</b>",
        "<!-- a -->",
        "&amp;",
        "[a](b)",
        "![a](b)",
        "a_b_c",
        "\\",
        "\\*a*",
        "~~a~~",
        "```",
        "a # b",
    ],
)
def test_any_text_is_read_as_it_was(text: str) -> None:
    document = ReportDocument(
        "en",
        (Section(1, text), Paragraph(text), Remarks((text,)), Grid((text,), ((text,),))),
    )
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_page(document))
    texts = [
        "".join(child.content for child in token.children or ())
        for token in tokens
        if token.type == "inline"
    ]
    assert [" ".join(each.split()) for each in texts] == [" ".join(text.split())] * 5
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds == {"text"} or kinds == {"text", "text_special"}


def test_commands_are_code_whatever_they_hold() -> None:
    document = ReportDocument("en", (Section(1, "a"), Commands(("run ```", "# b"))))
    tokens = MarkdownIt("commonmark").parse(markdown_page(document))
    assert [token.content for token in tokens if token.type == "fence"] == ["run ```\n# b\n"]
