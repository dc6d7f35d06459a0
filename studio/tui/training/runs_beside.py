"""New runs that are asked for while one trains: each goes to a free GPU, or waits."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence

from studio.devices import GpuChoice, as_of_now, free_gpu
from studio.errors import StudioError
from studio.model.config import RunConfig
from studio.runs import folders, processes
from studio.runs.folders import Run
from studio.runs.gpu_claims import choosing_gpu
from studio.runs.processes import DetachedTraining
from studio.telemetry import Gpus
from studio.translation import tr
from studio.tui.pane import Pane
from studio.tui.training.folder_tasks import FolderTasks
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.run_list import RunList
from studio.tui.training.settings_form import SettingsForm
from studio.tui.training.waiting_runs import WaitingRuns

Started = tuple[Run, str, "subprocess.Popen[bytes]"]


class RunsBeside:
    """Lets processes of their own train runs on GPUs that nobody uses."""

    def __init__(self, pane: Pane, waiting: WaitingRuns) -> None:
        self._pane, self._waiting = pane, waiting
        self._tasks = FolderTasks(pane)

    def train(self, name: str, config: RunConfig, gpus: Sequence[GpuChoice]) -> None:
        """Train a new run on a free one of the GPUs; without one it waits."""

        def start() -> Started | None:
            runs = self._pane.home.runs
            # A run that was sent a moment before has taken its GPU by now.
            with choosing_gpu(runs, name) as taken:
                # In another pane they are not read, and somebody may have taken one since.
                gpu = free_gpu(config.train.device, as_of_now(gpus, Gpus().read()), taken)
                if gpu is None:
                    return None
                run = folders.create(runs, name, config)
                with self._deleting_if_it_fails(run):
                    how = DetachedTraining(device=gpu.name, gpu=gpu.gpu.uuid)
                    return run, gpu.name, processes.begin_detached(run, how)

        def started(found: Started | None) -> None:
            if found is None:
                self._waiting.add_new(name, config)
                return
            self._changed()
            self._follow(*found)

        self._tasks.run("train", name, start, started)

    def _follow(self, run: Run, device: str, process: "subprocess.Popen[bytes]") -> None:
        """Say that a process trains the run, once it does."""

        def wait() -> int:
            with self._deleting_if_it_fails(run):
                return processes.wait_until_training(run, process, is_new=True)

        def trains(pid: int) -> None:
            text = tr(
                "{run} trains on {device}, which was free. Process {pid} trains it.",
                run=run.name,
                device=device,
                pid=pid,
            )
            self._pane.studio.show_notice(tr("{what} The list of runs (r) shows it.", what=text))
            self._pane.query_one(LogPanel).add(text)
            self._changed()

        self._tasks.run("train", run.name, wait, trains)

    def _changed(self) -> None:
        self._pane.query_one(RunList).read()
        self._pane.query_one(SettingsForm).propose_name()

    @contextlib.contextmanager
    def _deleting_if_it_fails(self, run: Run) -> Iterator[None]:
        """Delete the folder of a new run whose training does not start."""
        try:
            yield
        except (StudioError, OSError):
            if not run.checkpoint_names():
                folders.delete(run)
                self._pane.call_later(self._changed)
            raise
