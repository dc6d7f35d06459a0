"""`bench`: speed as ratios, measured in one run."""

from typing import Annotated

import typer

from studio.cli.options import Device, assignment
from studio.cli.output import out, print_json, say, usage_errors
from studio.model.config import recipe_named, with_settings
from studio.paths import Home
from studio.translation import tr
from studio.wording import device_in_words

bench_app = typer.Typer(help=tr("Measure speed, as ratios in one run."), no_args_is_help=True)


@bench_app.command(
    "train",
    help=tr(
        "Training speed. Compared with one poem at a time, a plain batch, and the machine's peak."
    ),
)
def train(
    rounds: Annotated[int, typer.Option(min=1, help=tr("Measured rounds."))] = 5,
    seconds: Annotated[
        float, typer.Option(min=0, help=tr("Seconds for each method in each round."))
    ] = 2.0,
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Training speed. Compared with one poem at a time, a plain batch, and the machine's peak."""
    from studio.benchmarks.training import bench_train

    report = bench_train(rounds, seconds, say, device)
    if json:
        print_json(report)
        return
    out.print(
        tr(
            "{device}, {precision}, torch {torch}",
            device=device_in_words(report.device),
            precision=report.precision,
            torch=report.torch,
        )
    )
    for size in report.sizes:
        out.print(
            tr(
                "{size}: {speed:,.0f} characters per second; {per_poem:.1f} times the speed of "
                "training one poem at a time, {batched:.2f} times the speed of a plain batch in "
                "float32, {alike:.2f} times with equal setup, {of_peak:.0%} of the machine's peak",
                size=size.name,
                speed=size.chars_per_second,
                per_poem=size.ratio_per_poem,
                batched=size.ratio_batched,
                alike=size.ratio_alike,
                of_peak=size.share_of_peak,
            )
        )


@bench_app.command(
    "generate",
    help=tr("Writing speed. Compared with reading the whole prefix again for each character."),
)
def generate(
    rounds: Annotated[int, typer.Option(min=1, help=tr("Measured rounds, after a warm-up."))] = 5,
    run: Annotated[
        str, typer.Option("--run", "--model", help=tr("The model, as for `generate`."))
    ] = "auto",
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
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
        tr(
            "{model} on {device}\n"
            "one poem: {one:.2f} ms per character, {ratio:.1f} times the speed of reading the "
            "prefix again; {with_rules:.2f} ms per character with tone and rhyme rules, the first "
            "after {first:.1f} ms\n"
            "best of 16: {best:.2f} s for a 七律\n"
            "64 poems at once: {speed:,.0f} characters per second",
            model=report.model,
            device=device_in_words(report.device),
            one=report.ms_per_char,
            ratio=report.ratio,
            with_rules=report.ms_per_char_with_rules,
            first=report.ms_to_first_char,
            best=report.seconds_best_of_16,
            speed=report.chars_per_second_of_64,
        )
    )


@bench_app.command(
    "ui",
    help=tr(
        "Speed of the interface. How much it slows down training, and how fast it answers keys."
    ),
)
def ui(
    rounds: Annotated[
        int, typer.Option(min=1, help=tr("Rounds, with and without the studio."))
    ] = 40,
    steps: Annotated[int, typer.Option(min=1, help=tr("Training steps timed per round."))] = 40,
    keys: Annotated[int, typer.Option(min=1, help=tr("Number of key presses timed."))] = 300,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help=tr("A training setting, as for `train`."))
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
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
        tr(
            "training time in the studio: {cost:+.1%}; time to answer a key: {median:.0f} ms "
            "(median), {high:.0f} ms (99th percentile), {most:.0f} ms (slowest)",
            cost=report.training_cost,
            median=report.key_ms_median,
            high=report.key_ms_99,
            most=report.key_ms_most,
        )
    )


@bench_app.command("start", help=tr("Opening time, compared with the smallest application."))
def start(
    rounds: Annotated[int, typer.Option(min=1, help=tr("Starts of each, after a warm-up."))] = 7,
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Opening time, compared with the smallest application."""
    from studio.benchmarks.start import bench_start

    report = bench_start(Home.default().library, rounds, say)
    if json:
        print_json(report)
        return
    out.print(
        tr(
            "first frame: {frame:.0f} ms, {ratio:.1f} times the smallest application "
            "({least_frame:.0f} ms); first answer to a key: {key:.0f} ms ({least_key:.0f} ms); "
            "{kilobytes:.0f} kB drawn at first",
            frame=report.first_frame_ms,
            ratio=report.ratio,
            least_frame=report.floor_ms,
            key=report.key_ms,
            least_key=report.floor_key_ms,
            kilobytes=report.first_frame_bytes / 1000,
        )
    )
