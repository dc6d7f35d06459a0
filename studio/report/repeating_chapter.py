"""Chapters 5 and 6: what it ran on, how to repeat it, and room for the reader's summary."""

import shlex
from collections.abc import Iterator, Sequence

import msgspec

from studio.corpus.obtaining import how_to_obtain
from studio.model.config import RECIPES, RunConfig
from studio.report.amounts import joined, number
from studio.report.document import Blank, Block, Commands, Grid, Paragraph, Section
from studio.report.records import ReportData, ReportedRun
from studio.runs.comparing import OF_THE_RUN, flat_settings
from studio.translation import Translate
from studio.verse.request import USUAL, ComposeRequest, Sampling
from studio.wording import device_in_words

_PROGRAM = "tangshi-studio"


def repeating_chapter(data: ReportData, options: Sequence[str], text: Translate) -> Iterator[Block]:
    """What it ran on, and how to repeat it; `options` are those of the report."""
    yield Section(2, text("5 What it ran on, and how to repeat it"))
    unknown = joined([run.name for run in data.runs if not run.history.trained_on], text)
    rows = [row for run in data.runs for row in _trained_on(run, text)]
    if unknown:
        rows.append(
            (
                unknown,
                text("Not recorded: program, torch, device, commit."),
            )
        )
    rows.append(
        (
            text("this report"),
            text(
                "tangshi-studio {version}, Python {python}, torch {torch}, {device}",
                version=data.studio,
                python=data.python,
                torch=data.torch,
                device=device_in_words(data.device, text),
            ),
        )
    )
    yield Grid((text("What"), text("Program and machine")), tuple(rows))
    yield Paragraph(text("The poems, the training, and this report:"))
    yield Commands(
        (
            *_fetching(data),
            *(
                each
                for name, config in data.to_train.items()
                for each in training_commands(name, config)
            ),
            _reporting(data, options),
        )
    )
    if any(len(run.history.trained_on) > 1 for run in data.runs):
        yield Paragraph(
            text(
                "A run that was given more epochs later is not repeated exactly by these commands: "
                "the learning rate depends on the epochs that are planned. The table above has "
                "the commands as they were given."
            )
        )
    if data.missing:
        yield Paragraph(
            text(
                "These runs are needed, too, and cannot be read any more: {runs}.",
                runs=text(", ").join(data.missing),
            )
        )
    yield Paragraph(
        text(
            "On the processor, the same settings, poems and seed give the same losses on the same "
            "kind of machine."
        )
    )
    if examples := tuple(_examples(data)):
        yield Paragraph(
            text(
                "On the same kind of machine, each poem in this report can be written again by its "
                "seed, for example:"
            )
        )
        yield Commands(examples)


def _examples(data: ReportData) -> Iterator[str]:
    """For each run the command that writes the first of its poems."""
    for run in data.runs:
        poems = run.results.poems if run.results else ()
        if written := next((each for each in poems if not each.refusal), None):
            yield writing_command(written.request)


def summary_chapter(text: Translate) -> Iterator[Block]:
    """Room for the reader's own summary."""
    yield Section(2, text("6 Summary"))
    yield Blank(text("Write your own summary here."))


def _trained_on(run: ReportedRun, text: Translate) -> Iterator[tuple[str, str]]:
    for place, recorded in enumerate(run.history.trained_on):
        words = text(
            "tangshi-studio {version}, torch {torch}, {device}, {precision}",
            version=recorded.studio,
            torch=recorded.torch,
            device=device_in_words(recorded.device, text),
            precision=recorded.precision,
        )
        if place:
            words = text("from step {step}: {what}", step=number(recorded.step), what=words)
        yield "" if place else run.name, words
        if recorded.commit:
            yield "", text("git commit {commit}", commit=recorded.commit)
        if recorded.command:
            yield "", text("command: {command}", command=recorded.command)
        if recorded.corpus:
            yield "", text("corpus: {corpus}", corpus=recorded.corpus)
        if recorded.checksum:
            yield "", text("training poems: sha256 {checksum}", checksum=recorded.checksum)


def _fetching(data: ReportData) -> Iterator[str]:
    """The commands that obtain the poems: the library, and what is read beside it."""
    yield command(how_to_obtain(data.library) if data.library else ["corpus", "fetch"])
    configs = data.to_train.values()
    beside = {config.poems for config in configs} | {config.mixed for config in configs}
    for corpus in sorted(beside - {""}):
        yield command(["corpus", "fetch", "--corpus", corpus, "--beside"])


def training_commands(name: str, config: RunConfig) -> Iterator[str]:
    """The command that trains a run with these settings, and the one that adds its later epochs.

    Only the epochs planned at first decide in which of them other poems are mixed in.
    """
    later = config.train.epochs - config.mixing_epochs if config.mixing_epochs else 0
    if later > 0:
        train = msgspec.structs.replace(config.train, epochs=config.mixing_epochs)
        config = msgspec.structs.replace(config, train=train)
    words = ["train", "--recipe", config.recipe, "--run", name]
    recipe = RECIPES.get(config.recipe, RunConfig())
    usual = flat_settings(recipe)
    for key, value in flat_settings(config).items():
        if key in OF_THE_RUN:
            continue  # options of their own
        if key == "cell":
            words += ["--cell", str(value)]
        elif key in ("epochs", "max_steps", "seed") and value != usual[key]:
            words += [f"--{key.replace('_', '-')}", str(value)]
        elif value != usual[key]:
            words += ["--set", f"{key}={_typed(value)}"]
    if config.start:
        words += ["--from", config.start]
    if config.poems:
        words += ["--poems", config.poems]
    elif config.mixed != recipe.mixed:
        words += ["--mix", config.mixed]
    if config.teachers:
        words += ["--teachers", ",".join(config.teachers), "--teaching", f"{config.teaching:g}"]
    yield command(words)
    if later > 0:
        yield command(["train", "--run", name, "--resume", "--epochs", str(later)])


def _typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reporting(data: ReportData, options: Sequence[str]) -> str:
    test = ["--test"] if data.with_test else []
    return command(["report", *(run.name for run in data.runs), *test, *options])


def writing_command(request: ComposeRequest) -> str:
    """The command that writes a poem of the report."""
    return command(
        [
            "generate",
            "--run",
            request.model,
            "--first",
            request.first,
            "--form",
            request.form or "free",
            *_sampling_options(request.sampling),
            *([] if request.form else ["--longest", str(request.longest)]),
            "--drafts",
            str(request.drafts),
            "--seed",
            str(request.seed),
        ]
    )


def _sampling_options(sampling: Sampling) -> Iterator[str]:
    """The strategy, and what else is not as `generate` has it by itself."""
    usual = msgspec.structs.asdict(USUAL.sampling)
    for name, value in msgspec.structs.asdict(sampling).items():
        if name == "strategy" or value != usual[name]:
            yield from (f"--{name.replace('_', '-')}", str(value))


def command(words: Sequence[str]) -> str:
    """A command as it is typed into a shell."""
    return shlex.join([_PROGRAM, *words])
