"""How to install a package that is missing. Imports no torch, no textual."""

import importlib.util
import shlex
import sys


def how_to_install(package: str, *options: str) -> str:
    """The command that installs a package for this Python: the `pip` of the shell may be another.

    The studio itself is in no package index, so its extras cannot be named.
    """
    python = sys.executable or "python3"
    # uv makes environments without pip.
    if importlib.util.find_spec("pip") is None:
        command = ["uv", "pip", "install", "--python", python]
    else:
        command = [python, "-m", "pip", "install"]
    return shlex.join([*command, *options, package])
