"""A recipe small enough for tests."""

from studio.model.config import RECIPES, RunConfig, with_settings


def small(recipe: str = "classic", **settings: object) -> RunConfig:
    """The recipe with few units and steps."""
    few: dict[str, object] = {
        "embedding": 8,
        "hidden": 8,
        "batch_size": 8,
        "window": 16,
        "epochs": 2,
        "validate_every": 5,
        "verse_poems": 4,
        "checkpoint_every": 5,
        "report_every": 4,
        "warmup_steps": 0,
        "precision": "float32",
    }
    return with_settings(RECIPES[recipe], few | settings)
