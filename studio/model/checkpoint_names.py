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
    """The names of the checkpoints, by step. A person may keep other folders beside them.

    There are none without the folder. Raises OSError if it cannot be read, or is a link to one on a
    disk that is gone: a run without checkpoints would start again, and forget its events.
    """
    try:
        paths = [path for path in checkpoints.iterdir() if _NAME.fullmatch(path.name)]
    except FileNotFoundError:
        if checkpoints.is_symlink():
            raise
        return []
    return sorted((path.name for path in paths if path.is_dir()), key=step_of)
