"""`bench`: speed as ratios, measured in one run."""

from typing import Annotated

import typer

from studio.cli.options import Device, assignment
from studio.cli.output import out, print_json, say, usage_errors
from studio.model.config import recipe_named, with_settings
from studio.paths import Home

bench_app = typer.Typer(help="Measure speed, as ratios in one run.", no_args_is_help=True)


@bench_app.command("train")
def train(
    rounds: Annotated[int, typer.Option(min=1, help="Measured rounds.")] = 5,
    seconds: Annotated[
        float, typer.Option(min=0, help="Seconds for each method in each round.")
    ] = 2.0,
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Training speed. Compared with one poem at a time, a plain batch, and the machine's peak."""
    from studio.benchmarks.training import bench_train

    report = bench_train(rounds, seconds, say, device)
    if json:
        print_json(report)
        return
    out.print(f"{report.device}, {report.precision}, torch {report.torch}")
    for size in report.sizes:
        out.print(
            f"{size.name}: {size.chars_per_second:,.0f} characters per second; "
            f"{size.ratio_per_poem:.1f} times the speed of training one poem at a time, "
            f"{size.ratio_batched:.2f} times the speed of a plain batch, "
            f"{size.share_of_peak:.0%} of the machine's peak"
        )


@bench_app.command("generate")
def generate(
    rounds: Annotated[int, typer.Option(min=1, help="Measured rounds, after a warm-up.")] = 5,
    run: Annotated[
        str, typer.Option("--run", "--model", help="The model, as for `generate`.")
    ] = "auto",
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Writing speed. Compared with reading the whole prefix again for each character."""
    from studio.benchmarks.writing import bench_generate
    from studio.runs.loading import load_writer, locate

    writer = load_writer(*locate(Home.default(), run), device)
    bench_generate(writer, 1)
    report = bench_generate(writer, rounds)
    if json:
        print_json(report)
        return
    out.print(
        f"{report.model} on {report.device}\n"
        f"one poem: {report.ms_per_char:.2f} ms per character, {report.ratio:.1f} times the speed "
        f"of reading the prefix again; {report.ms_per_char_with_rules:.2f} ms per character with "
        f"tone and rhyme rules, the first after {report.ms_to_first_char:.1f} ms\n"
        f"best of 16: {report.seconds_best_of_16:.2f} s for a 七律\n"
        f"64 poems at once: {report.chars_per_second_of_64:,.0f} characters per second"
    )


@bench_app.command("ui")
def ui(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, with and without the studio.")] = 40,
    steps: Annotated[int, typer.Option(min=1, help="Training steps timed per round.")] = 40,
    keys: Annotated[int, typer.Option(min=1, help="Number of key presses timed.")] = 300,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A training setting, as for `train`.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Speed of the interface. How much it slows down training, and how fast it answers keys."""
    from studio.benchmarks.interface import bench_ui

    fixed: dict[str, object] = {
        "epochs": 1_000_000,
        "validate_every": 0,
        "checkpoint_every": 0,
        "report_every": 1,
    }
    usual = {"embedding": 100, "hidden": 128, "tied": False}
    with usage_errors():
        settings = usual | dict(map(assignment, set_ or []))
        config = with_settings(recipe_named("studio"), settings | fixed)
    report = bench_ui(Home.default().library, config, rounds, steps, keys, say)
    if json:
        print_json(report)
        return
    out.print(
        f"training time in the studio: {report.training_cost:+.1%}; "
        f"time to answer a key: {report.key_ms_median:.0f} ms (median), "
        f"{report.key_ms_99:.0f} ms (99th percentile), {report.key_ms_most:.0f} ms (slowest)"
    )


@bench_app.command("start")
def start(
    rounds: Annotated[int, typer.Option(min=1, help="Starts of each, after a warm-up.")] = 7,
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Opening time, compared with the smallest application."""
    from studio.benchmarks.start import bench_start

    report = bench_start(Home.default().library, rounds, say)
    if json:
        print_json(report)
        return
    out.print(
        f"first frame: {report.first_frame_ms:.0f} ms, {report.ratio:.1f} times the smallest "
        f"application ({report.floor_ms:.0f} ms); first answer to a key: {report.key_ms:.0f} ms "
        f"({report.floor_key_ms:.0f} ms); {report.first_frame_bytes / 1000:.0f} kB drawn at first"
    )
