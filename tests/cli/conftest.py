"""Run the command in this process and see what a script would see."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from studio.cli import main
from studio.paths import Home


@dataclass(frozen=True)
class Result:
    """The exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def tangshi(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Call `tangshi-studio` with some arguments."""

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["tangshi-studio", *arguments])
        with pytest.raises(SystemExit) as leave:
            main()
        captured = capfd.readouterr()
        return Result(int(leave.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def trained(tangshi: Run, home: Home) -> Run:
    """A home with one run called `a`."""
    settings = ["--set", "embedding=8", "--set", "hidden=8", "--set", "batch_size=8"]
    result = tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "4", *settings)
    assert result.code == 0
    return tangshi
