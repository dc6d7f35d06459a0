"""Every text of a report has its Chinese, with the same values in it."""

import ast
import string
from pathlib import Path

import studio.report
from studio.report.catalogue import CATALOGUES, translator
from studio.report.chinese import CHINESE


def sources() -> set[str]:
    """The English texts that the code gives to `text` and `marked`."""
    found = set()
    for path in Path(studio.report.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("text", "marked")
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    return found


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_each_catalogue_has_exactly_the_texts_of_the_code() -> None:
    assert len(sources()) > 150
    for language, catalogue in CATALOGUES.items():
        if language != "en":
            assert catalogue.keys() == sources()


def test_translations_have_the_same_values() -> None:
    assert {source for source, text in CHINESE.items() if values(source) != values(text)} == set()


def test_values_are_not_interpreted() -> None:
    for language in CATALOGUES:
        text = translator(language)
        assert "{0.__class__}" in text("Parameters of {run} by part.", run="{0.__class__}")
