"""The names of checkpoints: each is a folder that is called after its step. Imports no torch."""

import re
from pathlib import Path

_NAME = re.compile(r"step-[0-9]{8,}")


def name_of(step: int) -> str:
    """The name of the folder."""
    return f"step-{step:08}"


def step_of(name: str) -> int:
    """The step in the name of a folder."""
    return int(name.removeprefix("step-"))


def names_in(checkpoints: Path) -> list[str]:
    """The names of the checkpoints, by step. A person may keep other folders beside them."""
    found = (path.name for path in checkpoints.glob("step-*") if path.is_dir())
    return sorted(filter(_NAME.fullmatch, found), key=step_of)
