"""An estimate for a run: some trial steps with its settings, of which nothing is kept."""

import tempfile
import time
from pathlib import Path

import msgspec
import psutil
import torch

from studio.errors import RunError
from studio.messages import Estimated
from studio.model.config import MAX_COUNT, RunConfig
from studio.model.events import TrainingEnded
from studio.model.parallel import ALONE
from studio.model.recorded_steps import WARM_UP
from studio.paths import Home
from studio.runs.folders import Run
from studio.runs.opening import RunOpening

# The first steps are slower: memory is allocated, kernels are chosen, and a GPU records one step.
_WARM_UP = WARM_UP + 1
# Seconds of steps that are measured, and the least number of them.
_SECONDS, _LEAST = 1.5, 2


def estimate(home: Home, config: RunConfig) -> Estimated:
    """Train a few steps in a folder that is deleted again; takes seconds.

    Raises StudioError where a run with this config could not start, or would fail at once.
    """
    # Nothing but steps.
    train = msgspec.structs.replace(
        config.train, validate_every=MAX_COUNT, checkpoint_every=MAX_COUNT, verse_poems=0
    )
    steps_alone = msgspec.structs.replace(config, train=train)
    with tempfile.TemporaryDirectory() as folder:
        trainer = RunOpening(home, Run(Path(folder)), steps_alone, ALONE).trainer([], "")
        device, run = trainer.device, trainer.run()
        if device.is_gpu:
            # The most that was in use may be from an earlier run or estimate of this process.
            torch.cuda.reset_peak_memory_stats(device.torch_device)
        done, start = 0, time.perf_counter()
        for events in run:
            if events and isinstance(end := events[-1], TrainingEnded) and end.reason:
                raise RunError(end.reason)
            done += 1
            if done == _WARM_UP:
                device.synchronize()
                start = time.perf_counter()
            if done >= _WARM_UP + _LEAST and time.perf_counter() - start >= _SECONDS:
                break
        run.close()
        device.synchronize()
        seconds = (time.perf_counter() - start) / max(1, done - _WARM_UP) * trainer.total_steps
        memory = (
            torch.cuda.max_memory_allocated(device.torch_device)
            if device.is_gpu
            else psutil.Process().memory_info().rss
        )
        return Estimated(
            config,
            trainer.network.parameter_count,
            trainer.total_steps,
            seconds,
            memory,
            device.name,
        )
