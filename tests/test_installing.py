"""The commands that install what is missing can be typed as they are."""

import importlib.util
import sys

import pytest

from studio.installing import how_to_install


def test_a_package_is_installed_for_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/my studio/bin/python")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert how_to_install("torch", "--force-reinstall") == (
        "'/my studio/bin/python' -m pip install --force-reinstall torch"
    )


def test_an_environment_without_pip_is_one_of_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/python")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert how_to_install("matplotlib") == "uv pip install --python /bin/python matplotlib"
