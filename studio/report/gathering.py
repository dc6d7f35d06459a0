"""From run folders, and the library beside them, to the records of a report."""

import contextlib
import datetime
import importlib.metadata
import platform
from collections.abc import Callable, Sequence

import msgspec

from studio import __version__
from studio.corpus.library import Library
from studio.corpus.manifest import public_name
from studio.corpus.poem import Split
from studio.corpus.statistics import Statistics
from studio.errors import ConfigError, CorpusError, RunError
from studio.model import checkpoint
from studio.model.checkpoint_names import step_of
from studio.model.config import RunConfig
from studio.model.device import choose_device
from studio.model.events import SampleWritten, StepDone, TrainingEnded, Validated, VerseMeasured
from studio.model.preferred import read_preference
from studio.model.trainer import poems_sha256
from studio.paths import Home
from studio.report.recorded import device_series, trained_on
from studio.report.records import ReportData, ReportedRun, RunHistory
from studio.report.results import Bench, results_of
from studio.runs import folders
from studio.runs.beside import library_beside
from studio.runs.folders import Run
from studio.runs.loading import DEFAULT, load_writer, locate
from studio.translation import tr
from studio.verse.novelty import Novelty


def gather(
    home: Home, names: Sequence[str], with_test: bool, say: Callable[[str], None]
) -> ReportData:
    """Read the runs, measure their best checkpoints, and write poems with them.

    Raises RunError if a run does not exist or its records are damaged. Without a library, what
    needs one is left out, and `no_library` says why.
    """
    runs = [folders.find(home.runs, name) for name in dict.fromkeys(names)]
    histories = [_history(run) for run in runs]
    needed = _with_needed(home, [run.name for run in runs])
    device = choose_device("float32")
    with contextlib.ExitStack() as opened:
        library, no_library = None, ""
        bench = Bench()
        try:
            found = opened.enter_context(Library.open(home.library))
            splits: tuple[Split, ...] = ("valid", "test") if with_test else ("valid",)
            bench = Bench(
                # A small library may have no poem in one.
                texts={split: texts for split in splits if (texts := found.texts(split))},
                corpus=opened.enter_context(Novelty.open(home.library)),
                training=opened.enter_context(Novelty.open(home.library, "train")),
            )
            # Only a library that can be read to its end: a damaged one is as good as none.
            library = found
        except CorpusError as error:
            no_library = str(error)
        return ReportData(
            runs=tuple(
                _reported(home, run, history, bench, library, say)
                for run, history in zip(runs, histories, strict=True)
            ),
            to_train={name: config for name, config in needed.items() if config},
            missing=tuple(name for name, config in needed.items() if config is None),
            library=_public(library.statistics()) if library else None,
            no_library=no_library,
            with_test=with_test,
            written=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            studio=__version__,
            python=platform.python_version(),
            torch=importlib.metadata.version("torch"),
            device=device.name,
        )


def _public(statistics: Statistics) -> Statistics:
    """The figures of the library; a file of the user's own is named without its folder."""
    return msgspec.structs.replace(statistics, source=public_name(statistics.source))


def _with_needed(home: Home, names: Sequence[str]) -> dict[str, RunConfig | None]:
    """The settings of runs and of those whose models they start or learn from.

    A run comes after those that it needs. None for a run that cannot be read any more. The default
    model and folders are not in it.
    """
    found: dict[str, RunConfig | None] = {}
    seen: set[str] = set()

    def add(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        try:
            config = folders.find(home.runs, name).config()
        except (ConfigError, RunError):
            found[name] = None
            return
        for model in (config.start, *config.teachers):
            if model and model != DEFAULT and "/" not in model:
                add(model.partition("@")[0])
        found[name] = config

    for name in names:
        add(name)
    return found


def _history(run: Run) -> RunHistory:
    events = run.events()
    ended = [each for each in events if isinstance(each, TrainingEnded)]
    return RunHistory(
        name=run.name,
        config=run.config(),
        steps=tuple(each for each in events if isinstance(each, StepDone)),
        validations=tuple(each for each in events if isinstance(each, Validated)),
        samples=tuple(each for each in events if isinstance(each, SampleWritten)),
        ended=ended[-1] if ended else None,
        is_busy=run.is_busy(),
        device_series=device_series(run),
        trained_on=trained_on(run),
        verses=tuple(each for each in events if isinstance(each, VerseMeasured)),
    )


def _reported(
    home: Home,
    run: Run,
    history: RunHistory,
    bench: Bench,
    library: Library | None,
    say: Callable[[str], None],
) -> ReportedRun:
    results, lacking = None, ""
    try:
        folder, full_name = locate(home, run.name)
        say(tr("Measuring {model}, and writing poems with it ...", model=full_name))
        preferred = read_preference(folder) is not None
        step, writer = step_of(folder.name), load_writer(folder, full_name)
        results = results_of(writer, step, bench, preferred)
    except RunError as error:
        lacking = str(error)
    same_poems = _has_same_poems(home, run, history.config, library)
    return ReportedRun(history, results, lacking, same_poems)


def _has_same_poems(
    home: Home, run: Run, config: RunConfig, library: Library | None
) -> bool | None:
    """Whether the library has the poems that the run was trained on; None if it cannot be known."""
    names = run.checkpoint_names()
    if library is None or config.poems or not names:
        return None
    with contextlib.suppress(CorpusError, RunError):
        recorded = checkpoint.read_progress(run.checkpoints / names[-1]).poems
        texts = library.texts("train")
        if config.mixed:
            with library_beside(home, config.mixed) as beside:
                texts += beside.texts("train")
        if recorded:
            return recorded == poems_sha256(texts)
    return None
