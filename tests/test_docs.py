"""The documents name files and functions that exist."""

import ast
import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "MANUAL.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
# A path from the top of the repository: it begins with one of its folders, or is a file there.
PATH = re.compile(r"(?:studio|tests|data|assets)(?:/[\w.]+)+/?|[\w-]+\.(?:md|toml)")
NAMED = re.compile(r"`([\w.]+)`\s+\(`([\w/]+\.py)`\)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_in_a_document_exists(document: str) -> None:
    text = (TOP / document).read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([^)#]+)", text)
    quoted = [each for each in re.findall(r"`([^`\n]+)`", text) if PATH.fullmatch(each)]
    missing = [each for each in linked + quoted if not (TOP / each).exists()]
    # A file of the user's, not of the repository.
    assert set(missing) <= {"settings.toml"}


def test_every_function_in_the_architecture_is_in_the_file_named_after_it() -> None:
    text = (TOP / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) > 20
    assert [f"{path} has no {name}" for name, path in named if name not in names(TOP / path)] == []


def names(path: Path) -> set[str]:
    """What a module defines at its top, and the methods of its classes as Class.method."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
            found |= {f"{node.name}.{each.name}" for each in methods}
    return found
