"""A trained model as it is shipped: half precision, with a card that says what it is.

```
model/
  model.safetensors  the weights in half precision
  model.json         their shape, the step, the vocabulary's fingerprint
  vocabulary.json    the characters
  card.json          what it was made from and how good it is, for programs
  card.md            the same, for people
```
"""

from pathlib import Path

import msgspec
import torch

from studio import __version__, runs
from studio.corpus.library import Library
from studio.corpus.poem import couplets, verse_lines
from studio.errors import RunError
from studio.files import build_folder_atomically
from studio.model import checkpoint
from studio.model.config import RunConfig
from studio.model.device import choose_device
from studio.model.evaluate import score_poems, total
from studio.model.events import StepDone
from studio.models import DEFAULT, load_writer, locate
from studio.paths import Home
from studio.runs import Run
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest

# Two of each form, by seed: not chosen by hand.
SAMPLES = tuple(
    ComposeRequest(form=form, seed=seed)
    for form in ("五绝", "七绝", "五律", "七律")
    for seed in (1, 2)
)
# What the network's `initial_state` is in words.
INITIAL = {"zero": "a zero state", "end": "the state that an end token leaves"}
FAULTS = (
    "It knows characters, not the world: images are those that Tang poets put side by side most "
    "often, and a poem drifts from one to the next without a thought that holds it together.",
    "Parallelism in the middle couplets is what it learnt by reading; nothing enforces it.",
    "It has read nothing but old poems, last those of the Tang and Five Dynasties, in simplified "
    "characters; two that simplifying merged (里 for 裏 and 里) are one to it.",
    "Rare characters are poorly known. Those seen once in training are unknown to it.",
)


class Figures(msgspec.Struct, frozen=True):
    """Perplexity of a split: over all targets, and over Han characters alone."""

    split: str
    poems: int
    perplexity: float
    perplexity_han: float
    tokens: int
    tokens_han: int
    unknown_share: float


class Sample(msgspec.Struct, frozen=True):
    """A poem and the request that it answers."""

    request: ComposeRequest
    text: str


class Phase(msgspec.Struct, frozen=True):
    """The run whose model another run started from. `hours` as in `Card`.

    `sharing` of its `poems` have three lines or more in common with held-out poems of the library.
    """

    run: str
    step: int
    config: RunConfig
    corpus: str
    poems: int
    sharing: int
    hours: float
    figures: list[Figures]


class Card(msgspec.Struct, frozen=True):
    """card.json. `hours` are those of training alone, on `machine`; `bytes` the weights' size.

    `before` is there where the run started from another one's model.
    """

    run: str
    step: int
    parameters: int
    vocabulary: int
    bytes: int
    config: RunConfig
    corpus: str
    poems: dict[str, int]
    hours: float
    machine: str
    studio: str
    torch: str
    figures: list[Figures]
    faults: tuple[str, ...]
    samples: list[Sample]
    before: Phase | None = None


def publish(home: Home, name: str, folder: Path) -> Card:
    """Write the model called `name`, a run's or a checkpoint's, to `folder` with its card.

    Reads the validation and the test split: the figures are of the weights as they are shipped.
    What was published in `folder` before stays until all of it is there. Raises RunError or
    CorpusError where the run or the poems are missing, or the folder holds anything else.
    """
    if folder.exists() and not (folder / "card.json").exists() and any(folder.iterdir()):
        raise RunError(
            f"{folder} holds other things than a published model, which would be lost. Name a "
            "folder that is empty or not there."
        )
    run = runs.find(home.runs, name.partition("@")[0])
    source, full_name = locate(home, name)
    network, vocabulary, described = checkpoint.load_model(source)
    with Library.open(home.library) as library:
        statistics = library.statistics()
        held_out = {split: library.texts(split) for split in ("valid", "test")}

    def fill(staging: Path) -> Card:
        checkpoint.write_model(
            staging, network, vocabulary, described.step, described.perplexity, torch.float16
        )
        writer = load_writer(staging, DEFAULT)
        with Novelty.open(home.library) as novelty:
            samples = [Sample(each, write(writer, each, novelty)[0].text) for each in SAMPLES]
        device = choose_device(run.config().train.precision)
        card = Card(
            run=full_name,
            step=described.step,
            parameters=network.parameter_count,
            vocabulary=len(vocabulary),
            bytes=(staging / "model.safetensors").stat().st_size,
            config=run.config(),
            corpus=statistics.source,
            poems=statistics.splits,
            hours=_seconds(run, described.step) / 3600,
            machine=f"{device.name}, {device.precision}",
            studio=__version__,
            torch=str(torch.__version__),
            figures=_figures(writer, held_out),
            faults=FAULTS,
            samples=samples,
            before=_before(home, run.config().start, held_out),
        )
        told = msgspec.json.format(msgspec.json.encode(card), indent=2)
        (staging / "card.json").write_bytes(told)
        (staging / "card.md").write_bytes(in_words(card).encode())
        return card

    return build_folder_atomically(folder, fill)


def in_words(card: Card) -> str:
    """The card in Markdown."""
    model, train = card.config.model, card.config.train
    rows = "\n".join(
        f"| {each.split} | {each.poems:,} | {each.perplexity:.1f} | {each.perplexity_han:.1f} "
        f"| {each.tokens:,} | {each.unknown_share:.2%} |"
        for each in card.figures
    )
    samples = "\n\n".join(
        f"{each.request.form}, seed {each.request.seed}\n\n" + "\\\n".join(couplets(each.text))
        for each in card.samples
    )
    faults = "\n".join(f"- {fault}" for fault in card.faults)
    return f"""# The default model

{model.cell.upper()}, embedding {model.embedding}, hidden {model.hidden}, {model.layers} layers: \
{card.parameters:,} parameters, {card.vocabulary:,} characters, {card.bytes / 1e6:.1f} MB in half \
precision. `make model` trains one from nothing with the recipe as it stands.

- Run: {card.run}, seed {train.seed}, {card.hours:.1f} hours of training on {card.machine}, \
torch {card.torch}.
{_first(card.before) if card.before else ""}\
- Data: {card.corpus}; {card.poems["train"]:,} poems for training, {card.poems["valid"]:,} for \
validation, {card.poems["test"]:,} for the test, parted for ever by the sha256 of the first line.
- Recipe: `{card.config.recipe}` with {train.epochs} epochs, {_settings(card.config)}.

| split | poems | perplexity | over Han characters | tokens | unknown characters |
| --- | --- | --- | --- | --- | --- |
{rows}

Perplexity is exp(nats / token) over all targets, punctuation and the end token included; each poem
is read by itself from {INITIAL[model.initial_state]}, and unknown characters count as the unknown
token.

## Known faults

{faults}

## Samples

By seed, not by hand; with the settings that `generate` has by itself.

{samples}
"""


def _first(phase: Phase) -> str:
    figures = ", ".join(f"{each.perplexity:.1f} ({each.split})" for each in phase.figures)
    return f"""- Before it the run {phase.run}: {phase.step:,} steps in {phase.hours:.1f} hours, \
in the {phase.poems:,} poems of {phase.corpus}, with the characters of the Tang poems, \
{_settings(phase.config)}; perplexity after it {figures}. Of its poems {phase.sharing:,} share \
three lines or more with poems that are held out.
"""


def _settings(config: RunConfig) -> str:
    model, train = config.model, config.train
    return (
        f"{train.optimizer} at {train.learning_rate:g} ({train.schedule}), {train.batch_size} "
        f"streams in windows of {train.window}, dropout {model.dropout:g} of units, "
        f"{model.recurrent_dropout:g} of recurrent weights and {model.embedding_dropout:g} of "
        f"characters, weight decay {train.weight_decay:g}"
    )


def _before(home: Home, name: str, held_out: dict[str, list[str]]) -> Phase | None:
    """The phase that ended with the model "run@step"; None for "", the default and folders."""
    if "@" not in name or "/" in name:
        return None
    folder, name = locate(home, name)
    run = runs.find(home.runs, name.partition("@")[0])
    config = run.config()
    with Library.open(home.beside(config.poems) if config.poems else home.library) as library:
        statistics, texts = library.statistics(), library.texts("train")
    step = checkpoint.step_of(folder.name)
    return Phase(
        run=name,
        step=step,
        config=config,
        corpus=statistics.source,
        poems=len(texts),
        sharing=_sharing(texts, held_out),
        hours=_seconds(run, step) / 3600,
        figures=_figures(load_writer(folder, name), held_out),
    )


def _sharing(texts: list[str], held_out: dict[str, list[str]]) -> int:
    """How many texts have three lines or more in common with held-out poems."""
    known = {line for split in held_out.values() for text in split for line in verse_lines(text)}
    return sum(len(known.intersection(verse_lines(text))) >= 3 for text in texts)


def _figures(writer: Writer, held_out: dict[str, list[str]]) -> list[Figures]:
    found = []
    for split, texts in held_out.items():
        whole = total(score_poems(writer.network, writer.vocabulary, texts, writer.device))
        found.append(
            Figures(
                split=split,
                poems=len(texts),
                perplexity=whole.perplexity_all,
                perplexity_han=whole.perplexity,
                tokens=whole.tokens,
                tokens_han=whole.han,
                unknown_share=whole.unknown_share,
            )
        )
    return found


def _seconds(run: Run, step: int) -> float:
    """How long the run trained until a step."""
    return max(
        (each.elapsed for each in run.events() if isinstance(each, StepDone) and each.step <= step),
        default=0.0,
    )
