"""Options that several commands have."""

from collections.abc import Container
from typing import Annotated

import typer

from studio.cli.output import option, usage_errors
from studio.devices import DeviceName
from studio.documents import converted
from studio.errors import ConfigError
from studio.translation import tr


@usage_errors()
def _device_name(typed: str) -> str:
    return converted(typed, DeviceName, lambda _: "it") if typed else ""


Device = Annotated[
    str,
    typer.Option(
        help=tr("auto, cpu, cuda:0, or a GPU's UUID; `doctor` lists the GPUs."),
        callback=_device_name,
        show_default=False,
    ),
]


def is_given(context: typer.Context, name: str) -> bool:
    """Whether an option is on the command line, and not its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def assignment(text: str) -> tuple[str, object]:
    """Key and value of a setting typed as KEY=VALUE; raises ConfigError."""
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(
            tr("--set takes KEY=VALUE, as in --set hidden=256, not {text!r}.", text=text)
        )
    return key.strip(), value.strip()


def settings_of(set_: list[str] | None, given: Container[str]) -> dict[str, object]:
    """The settings of --set; raises ConfigError if one is also `given` by an option of its own."""
    settings = dict(map(assignment, set_ or []))
    for key in settings:
        if key.rpartition(".")[2] in given:
            raise ConfigError(
                tr(
                    "{option} and --set {key} are the same setting: give one of them.",
                    option=option(key),
                    key=key,
                )
            )
    return settings


RhymeBookOption = Annotated[
    str,
    typer.Option(
        help=tr(
            "Rhyme book: pingshui (平水韵, the default) or cilin (词林正韵, the default of ci), "
            "with the tones of the Tang; tongyun (中华通韵) or xinyun (中华新韵), with those of "
            "today."
        )
    ),
]
