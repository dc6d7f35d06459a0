"""Publishing a trained model: weights of eight bits, with a card that describes it.

```
model/
  model.safetensors       the weights in eight bits
  config.json             their shape, the step, the vocabulary's fingerprint
  vocab.json              the characters with their indices
  generation_config.json  the usual settings of writing
  coherence.safetensors   which couplet follows which, if it was trained
  judge.safetensors       how a reader would judge a poem, if it was trained
  card.json               its training data and figures, for programs
  README.md               the same, for people, with the header of a model card
```
"""

import shutil
from pathlib import Path

import msgspec
import torch

from studio import __version__
from studio.corpus.library import Library
from studio.corpus.poem import About, verse_lines
from studio.errors import RunError
from studio.files import build_folder_atomically
from studio.model import checkpoint
from studio.model.coherence import FILE as COHERENCE
from studio.model.events import StepDone
from studio.model.judge import FILE as JUDGE
from studio.model.preferred import read_preference
from studio.paths import Home
from studio.runs import folders, published
from studio.runs.beside import library_beside
from studio.runs.card import FAULTS, Card, Mixed, Phase, Sample
from studio.runs.environment import last_environment
from studio.runs.folders import Run
from studio.runs.held_out import split_figures
from studio.runs.loading import DEFAULT, load_writer, locate
from studio.translation import tr
from studio.verse.composer import write
from studio.verse.novelty import Novelty
from studio.verse.request import USUAL

# Two of each form, by seed, not chosen by hand.
SAMPLES = tuple(
    msgspec.structs.replace(USUAL, form=form, seed=seed)
    for form in ("五绝", "七绝", "五律", "七律")
    for seed in (1, 2)
)


# The same for a model that reads titles.
TITLED_SAMPLES = tuple(
    msgspec.structs.replace(USUAL, form=form, title=title)
    for title in ("送别", "塞上", "中秋", "登楼", "咏雪")
    for form in ("五绝", "七绝")
)
# The texts of each split, and what is known of each poem.
HeldOut = dict[str, tuple[list[str], list[About]]]


def publish(home: Home, name: str, folder: Path) -> Card:
    """Write the model called `name` (a run, or "run@step") to `folder` with its card.

    The figures are measured with the published weights, on the validation and the test split.
    A model published in `folder` before stays there until the new one is complete. Raises RunError
    or CorpusError if the run or the poems are missing, or if the folder holds anything else.
    """
    if folder.exists() and not (folder / "card.json").exists() and any(folder.iterdir()):
        raise RunError(
            tr(
                "{folder} holds files that are not a published model; they would be lost. Name an "
                "empty folder, or one that does not exist.",
                folder=folder,
            )
        )
    run = folders.find(home.runs, name.partition("@")[0])
    source, full_name = locate(home, name)
    network, vocabulary, description = checkpoint.load_model(source)
    preferred = read_preference(source)
    if preferred:
        # The run has validated the weights before.
        description = msgspec.structs.replace(description, perplexity=None, perplexity_all=None)
    with Library.open(home.library) as library:
        statistics = library.statistics()
        held_out: HeldOut = {
            "valid": (library.texts("valid"), library.about("valid")),
            "test": (library.texts("test"), library.about("test")),
        }

    def fill(staging: Path) -> Card:
        published.write_model(staging, network, vocabulary, description)
        for beside in (COHERENCE, JUDGE):
            if (source / beside).exists():
                shutil.copy(source / beside, staging)
        writer = load_writer(staging, DEFAULT)
        with Novelty.open(home.library) as novelty:
            requests = SAMPLES + (TITLED_SAMPLES if network.config.title_input else ())
            samples = [Sample(each, write(writer, each, novelty)[0].text) for each in requests]
        trained = last_environment(run.folder)
        config = run.config()
        card = Card(
            run=full_name,
            step=description.step,
            parameters=network.parameter_count,
            vocabulary=len(vocabulary),
            bytes=(staging / checkpoint.WEIGHTS).stat().st_size,
            config=config,
            corpus=statistics.source,
            poems=statistics.splits,
            hours=_seconds(run, description.step) / 3600,
            machine=_machine(run) or "an unknown machine",
            studio=trained.studio if trained else __version__,
            torch=trained.torch if trained else str(torch.__version__),
            figures=[split_figures(writer, split, *poems) for split, poems in held_out.items()],
            faults=FAULTS,
            samples=samples,
            before=_before(home, config.start, held_out),
            mixed=_mixed(home, config.mixed, held_out),
            preferred=preferred,
        )
        published.write_card(staging, card)
        return card

    return build_folder_atomically(folder, fill)


def _before(home: Home, name: str, held_out: HeldOut) -> Phase | None:
    """The earlier phase that produced the model "run@step".

    None for "", "default" and folders, and for a model that is no longer there.
    """
    if "@" not in name or "/" in name:
        return None
    try:
        folder, name = locate(home, name)
    except RunError:
        return None
    run = folders.find(home.runs, name.partition("@")[0])
    config = run.config()
    path = home.library_beside(config.poems) if config.poems else home.library
    with Library.open(path) as library:
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
        figures=[split_figures(load_writer(folder, name), "valid", *held_out["valid"])],
        mixed=_mixed(home, config.mixed, held_out),
        machine=_machine(run),
        before=_before(home, config.start, held_out),
    )


def _mixed(home: Home, name: str, held_out: HeldOut) -> Mixed | None:
    """The corpus that was mixed in; None for ""."""
    if not name:
        return None
    with library_beside(home, name) as library:
        texts, source = library.texts("train"), library.statistics().source
    return Mixed(source, len(texts), _sharing(texts, held_out))


def _sharing(texts: list[str], held_out: HeldOut) -> int:
    """How many texts have three lines or more in common with held-out poems."""
    known = {line for held, _ in held_out.values() for text in held for line in verse_lines(text)}
    return sum(len(known.intersection(verse_lines(text))) >= 3 for text in texts)


def _machine(run: Run) -> str:
    """What the run was last trained on; "" if it does not say."""
    trained = last_environment(run.folder)
    return f"{trained.device}, {trained.precision}" if trained else ""


def _seconds(run: Run, step: int) -> float:
    """How long the run had trained at a step."""
    return max(
        (each.elapsed for each in run.events() if isinstance(each, StepDone) and each.step <= step),
        default=0.0,
    )
