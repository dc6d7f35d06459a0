"""`couplet`: lines that face a given one."""

import secrets
from typing import Annotated

import typer
from rich.cells import cell_len

from studio.cli.options import Device
from studio.cli.output import out, padded, print_json, say
from studio.corpus.poem import verse_lines
from studio.paths import Home
from studio.translation import tr
from studio.verse.facing import couplet_text, facing_lines
from studio.verse.request import request_text


def couplet(
    line: Annotated[str, typer.Argument(help=tr("A line, or several with commas between them."))],
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

    The best come first, by their score: the parallelism, from 0 to 1, and how likely the model
    finds the couplet.
    """
    from studio.runs.loading import load_writer, locate

    text = "，".join(verse_lines(request_text(line)))
    chosen = secrets.randbelow(2**31) if seed is None else seed
    writer = load_writer(*locate(Home.default(), run), device)
    found = facing_lines(writer, text, candidates, chosen, upper)[:count]
    if json:
        print_json({"model": writer.name, "seed": chosen, "line": text, "facing": found})
        return
    score, parallel = tr("score"), tr("parallelism")
    say(f"{score}  {parallel}")
    for each in found:
        pair = verse_lines(each.line), verse_lines(each.given)
        shown = couplet_text(pair if upper else pair[::-1])
        score_shown = padded(f"{each.score:.2f}", cell_len(score))
        parallel_shown = padded(f"{each.parallelism.score:.2f}", cell_len(parallel))
        out.print(f"{score_shown}  {parallel_shown}  {shown}")
    say(tr("{model}, seed {seed}", model=writer.name, seed=chosen))
