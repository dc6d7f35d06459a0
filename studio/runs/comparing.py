"""Comparing the settings of runs."""

from collections.abc import Sequence

import msgspec

from studio.model.config import RunConfig

# The settings that are neither the model's nor the training's.
OF_THE_RUN = ("recipe", "start", "poems", "mixed", "teachers", "teaching")


def flat_settings(config: RunConfig) -> dict[str, object]:
    """All settings of a run by their names."""
    return {
        "recipe": config.recipe,
        "start": config.start,
        "poems": config.poems,
        "mixed": config.mixed,
        "teachers": ", ".join(config.teachers),
        "teaching": config.teaching,
        **msgspec.structs.asdict(config.model),
        **msgspec.structs.asdict(config.train),
    }


def differing_settings(configs: Sequence[RunConfig]) -> dict[str, tuple[object, ...]]:
    """The settings in which the runs differ, each with its value in every run."""
    flat = [flat_settings(config) for config in configs]
    rows = {key: tuple(each[key] for each in flat) for key in flat[0]} if flat else {}
    return {key: values for key, values in rows.items() if len(set(values)) > 1}
