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

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import torch

from studio import __version__
from studio.corpus.library import Library
from studio.corpus.manifest import public_name
from studio.corpus.poem import About, verse_lines
from studio.errors import ConfigError, RunError, VerseError
from studio.files import build_folder_atomically
from studio.model import checkpoint
from studio.model.checkpoint_names import step_of
from studio.model.coherence import FILE as COHERENCE
from studio.model.config import RunConfig
from studio.model.events import StepDone
from studio.model.judge import FILE as JUDGE
from studio.model.preferred import read_preference
from studio.model.trainer import poems_sha256
from studio.paths import VOCAB, Home
from studio.runs import folders, published
from studio.runs.beside import library_beside
from studio.runs.card import Card, Phase, Sample, SplitFigures, TrainingPoems, faults_of
from studio.runs.environment import last_environment
from studio.runs.folders import Run
from studio.runs.held_out import split_figures
from studio.runs.loading import DEFAULT, load_writer, locate
from studio.translation import tr
from studio.verse.composer import write
from studio.verse.novelty import Novelty
from studio.verse.request import USUAL, ComposeRequest
from studio.verse.writer import Writer

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
_NAMES = {
    *(checkpoint.WEIGHTS, COHERENCE, JUDGE, VOCAB),
    *("config.json", "generation_config.json", "card.json", "README.md"),
}
# The texts of each split, and what is known of each poem.
HeldOut = dict[str, tuple[list[str], list[About]]]


def publish(home: Home, name: str, folder: Path) -> Card:
    """Write the model called `name` (a run, or "run@step") to `folder` with its card.

    The figures are measured with the published weights, on the validation and the test split.
    A model published in `folder` before stays there until the new one is complete. Raises RunError
    or CorpusError if the run or the poems are missing, or if the folder holds anything else.
    """
    found = {each.name for each in folder.iterdir()} if folder.exists() else set()
    if others := found - _NAMES if "card.json" in found else found:
        raise RunError(
            tr(
                "{folder} holds files that are no part of a published model, and they would be "
                "lost: {names}. Name an empty folder, or one that does not exist.",
                folder=folder,
                names=tr(", ").join(sorted(others)),
            )
        )
    run = folders.find(home.runs, name.partition("@")[0])
    config = run.config()
    source, full_name = locate(home, name)
    network, vocabulary, description = checkpoint.load_model(source)
    preferred = read_preference(source)
    if preferred:
        # The run has validated the weights before.
        description = msgspec.structs.replace(description, perplexity=None, perplexity_all=None)
    with Library.open(home.library) as library:
        statistics = library.statistics()
        same_poems = _has_same_poems(home, config, source, library.texts("train"))
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
            samples = list(_samples(writer, requests, novelty))
        trained = last_environment(run.folder, description.step)
        card = Card(
            run=full_name,
            step=description.step,
            parameters=network.parameter_count,
            vocabulary=len(vocabulary),
            bytes=(staging / checkpoint.WEIGHTS).stat().st_size,
            config=_public(config),
            corpus=public_name(statistics.source),
            poems=statistics.splits,
            hours=_seconds(run, description.step) / 3600,
            machine=_machine(run, description.step) or "an unknown machine",
            studio=trained.studio if trained else __version__,
            torch=trained.torch if trained else str(torch.__version__),
            figures=_figures(writer, held_out, *held_out),
            faults=faults_of(config, statistics.script),
            samples=samples,
            before=_before(home, config.start, held_out, {run.name}),
            mixed=_beside(home, config.mixed, held_out, _epoch(run, description.step)),
            instead=_beside(home, config.poems, held_out),
            same_poems=same_poems,
            preferred=preferred,
        )
        published.write_card(staging, card)
        return card

    return build_folder_atomically(folder, fill)


def _public(config: RunConfig) -> RunConfig:
    """The settings of a run; a model that is a folder is named without the folders around it."""
    start, *teachers = (
        Path(each).name if "/" in each else each for each in (config.start, *config.teachers)
    )
    return msgspec.structs.replace(config, start=start, teachers=tuple(teachers))


def _samples(
    writer: Writer, requests: Iterable[ComposeRequest], novelty: Novelty
) -> Iterator[Sample]:
    """A poem for each request; none where the model lacks the characters of a title or form."""
    for each in requests:
        with contextlib.suppress(VerseError):
            yield Sample(each, write(writer, each, novelty)[0].text)


def _before(home: Home, name: str, held_out: HeldOut, later: set[str]) -> Phase | None:
    """The earlier phase that produced the model "run@step"; `later` are the names of later runs.

    None for "", "default" and folders, and for a model that is no longer there: also if another
    run has its name now.
    """
    run_name = name.partition("@")[0]
    if "@" not in name or "/" in name or run_name in later:
        return None
    try:
        folder, name = locate(home, name)
        run = folders.find(home.runs, run_name)
        config = run.config()
    except (ConfigError, RunError):
        return None
    path = home.library_beside(config.poems) if config.poems else home.library
    with Library.open(path) as library:
        statistics, texts = library.statistics(), library.texts("train")
    step = step_of(folder.name)
    return Phase(
        run=name,
        step=step,
        config=_public(config),
        corpus=public_name(statistics.source),
        poems=len(texts),
        sharing=_sharing(texts, held_out),
        hours=_seconds(run, step) / 3600,
        # A run starts from the weights of the training, not from those that readers prefer.
        figures=_figures(load_writer(folder, name, preferred=False), held_out, "valid"),
        mixed=_beside(home, config.mixed, held_out, _epoch(run, step)),
        machine=_machine(run, step),
        before=_before(home, config.start, held_out, later | {run_name}),
    )


def _figures(writer: Writer, held_out: HeldOut, *splits: str) -> list[SplitFigures]:
    """The figures of some splits; a small library may have no poem in one."""
    return [split_figures(writer, each, *held_out[each]) for each in splits if held_out[each][0]]


def _beside(home: Home, name: str, held_out: HeldOut, epochs: int = 0) -> TrainingPoems | None:
    """The training poems of a corpus beside the library, read for `epochs`; None for ""."""
    if not name:
        return None
    with library_beside(home, name) as library:
        texts, source = library.texts("train"), library.statistics().source
    return TrainingPoems(source, len(texts), _sharing(texts, held_out), epochs)


def _has_same_poems(home: Home, config: RunConfig, source: Path, texts: list[str]) -> bool:
    """Whether the library, with `texts` for training, still has what the checkpoint was trained on.

    True also if that is not recorded, or the run was trained on another corpus.
    """
    recorded = checkpoint.read_progress(source).poems
    if config.poems or not recorded:
        return True
    if config.mixed:
        with library_beside(home, config.mixed) as library:
            texts = texts + library.texts("train")
    return recorded == poems_sha256(texts)


def _sharing(texts: list[str], held_out: HeldOut) -> int:
    """How many texts have three lines or more in common with held-out poems."""
    known = {line for held, _ in held_out.values() for text in held for line in verse_lines(text)}
    return sum(len(known.intersection(verse_lines(text))) >= 3 for text in texts)


def _machine(run: Run, step: int) -> str:
    """What a step of the run was trained on; "" if it does not say."""
    trained = last_environment(run.folder, step)
    return f"{trained.device}, {trained.precision}" if trained else ""


def _seconds(run: Run, step: int) -> float:
    """How long the run had trained at a step."""
    return max((each.elapsed for each in _steps(run, step)), default=0.0)


def _epoch(run: Run, step: int) -> int:
    """The epoch that the run had reached at a step."""
    return max((each.epoch for each in _steps(run, step)), default=1)


def _steps(run: Run, step: int) -> Iterator[StepDone]:
    return (each for each in run.events() if isinstance(each, StepDone) and each.step <= step)
