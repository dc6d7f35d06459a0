"""`couplet`: lines that face a given one."""

import secrets
from typing import Annotated

import typer

from studio.cli.options import Device
from studio.cli.output import out, print_json, say
from studio.corpus.poem import STOPS
from studio.paths import Home
from studio.translation import tr
from studio.verse.facing import facing_lines
from studio.verse.request import request_text


def couplet(
    line: Annotated[str, typer.Argument(help=tr("A line of five or seven characters."))],
    upper: Annotated[
        bool, typer.Option("--upper", help=tr("The line is the lower one; write upper lines."))
    ] = False,
    count: Annotated[int, typer.Option(min=1, max=256, help=tr("Most results to show."))] = 8,
    candidates: Annotated[
        int, typer.Option(min=1, max=256, help=tr("Number of lines written; the best are shown."))
    ] = 48,
    seed: Annotated[
        int | None, typer.Option(help=tr("The same seed writes the same lines."))
    ] = None,
    run: Annotated[
        str, typer.Option("--run", "--model", help=tr("The model that writes."))
    ] = "auto",
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Write lines that face a given one in a couplet (对联).

    The best come first. The number beside a couplet is its parallelism, from 0 to 1.
    """
    from studio.runs.loading import load_writer, locate

    text = "".join(each for each in request_text(line) if each not in STOPS)
    chosen = secrets.randbelow(2**31) if seed is None else seed
    writer = load_writer(*locate(Home.default(), run), device)
    found = facing_lines(writer, text, candidates, chosen, upper)[:count]
    if json:
        print_json({"model": writer.name, "seed": chosen, "line": text, "facing": found})
        return
    for each in found:
        pair = (each.line, text) if upper else (text, each.line)
        out.print(f"{'，'.join(pair)}  {each.parallelism.score:.2f}")
    say(tr("{model}, seed {seed}", model=writer.name, seed=chosen))
