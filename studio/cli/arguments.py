"""Command-line arguments as UTF-8, and the standard streams."""

import contextlib
import os
import sys

from studio.errors import StudioError
from studio.translation import tr


def open_streams() -> None:
    """Open the null device for each standard stream that the caller has closed (`<&-`).

    Python has None for it, and the next file opened would get its number. A terminal may have been
    left in non-blocking mode by another program: what it cannot take at once would be lost.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            flags = os.O_RDONLY if mode == "r" else os.O_WRONLY
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        # In a test a stream may have no file.
        with contextlib.suppress(OSError):
            os.set_blocking(stream.fileno(), True)


def use_utf8() -> None:
    """Restart in Python's UTF-8 mode if the locale's encoding lacks Chinese characters (ASCII).

    Python has already decoded the arguments, and would encode file names, in that encoding. The
    encoding of the output is passed on, because the terminal can still show no more than before.
    """
    try:
        "詩".encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        os.environ["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:{sys.stdout.errors}"
        command = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, command)


def refuse_other_encodings(arguments: list[str]) -> None:
    """Raise StudioError for an argument that is not UTF-8, unless it names a file that exists."""
    for argument in arguments:
        value = argument.partition("=")[2] if argument.startswith("--") else argument
        try:
            argument.encode()
        except UnicodeEncodeError:
            if not os.path.lexists(value):
                raise StudioError(
                    tr(
                        "The argument {argument} did not arrive as UTF-8. Set the terminal to "
                        "UTF-8 (for example export LANG=C.UTF-8, and UTF-8 in the terminal's own "
                        "settings) and type it again.",
                        argument=_with_bytes(argument),
                    )
                ) from None


def _with_bytes(argument: str) -> str:
    r"""The argument, with bytes that are not UTF-8 shown as \xcc."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
