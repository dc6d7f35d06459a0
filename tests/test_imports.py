"""Modules do not import one another in a circle, and none is too long to read in one go."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import studio

PACKAGE = Path(studio.__file__).parent
LONGEST_FILE, LONGEST_CLASS = 400, 300  # lines


def test_no_module_imports_itself_through_others() -> None:
    # Imports under TYPE_CHECKING count: modules that know each other cannot be read apart.
    graph = grimp.build_graph("studio", exclude_type_checking_imports=False, cache_dir=None)
    imports = {each: graph.find_modules_directly_imported_by(each) for each in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        # graphlib names each module before the one that imports it.
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_no_file_and_no_class_is_long() -> None:
    long = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name, lines = path.relative_to(PACKAGE.parent), len(text.splitlines())
        if lines > LONGEST_FILE:
            long.append(f"{name} has {lines} lines, more than {LONGEST_FILE}")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_CLASS:
                    long.append(f"{name}, {node.name} has {lines} lines, more than {LONGEST_CLASS}")
    assert not long, "\n".join(long)


def test_no_two_classes_have_the_same_name() -> None:
    places: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(path.relative_to(PACKAGE.parent))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}
