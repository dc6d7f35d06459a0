"""The settings of runs as rows of a table, in words."""

from collections.abc import Sequence

import msgspec

from studio.model.config import RunConfig
from studio.runs.comparing import flat_settings
from studio.translation import Translate, marked

# What the settings mean. Without an entry there is only a name.
MEANINGS = {
    "recipe": marked("recipe that the settings come from"),
    "start": marked("model that it starts from"),
    "poems": marked("corpus that it reads instead of the library"),
    "mixed": marked("corpus that it reads beside"),
    "teachers": marked("models that it learns from"),
    "teaching": marked("weight of these models in the loss"),
    "cell": marked("cell of the recurrent layers"),
    "embedding": marked("width of the embedding"),
    "hidden": marked("units of a recurrent layer"),
    "layers": marked("recurrent layers"),
    "dropout": marked("dropout of units"),
    "recurrent_dropout": marked("dropout of recurrent weights"),
    "embedding_dropout": marked("dropout of characters in the embedding"),
    "tied": marked("softmax and embedding share a matrix"),
    "lines_above": marked("previous lines as extra input"),
    "form_input": marked("the form and the place in it as extra input"),
    "title_input": marked("the title as extra input"),
    "poet_input": marked("the poet as extra input"),
    "condition_dropout": marked("share of poems read without form, title or poet"),
    "skips": marked("skip connections to the softmax"),
    "initial_state": marked("state at the start of a poem"),
    "batching": marked("how the text is cut into batches"),
    "batch_size": marked("rows of a batch"),
    "window": marked("characters in a window (stream)"),
    "longest_poem": marked("longest poem in characters (poems)"),
    "min_count": marked("least count of a known character"),
    "loss": marked("how the loss is computed"),
    "optimizer": marked("optimiser"),
    "learning_rate": marked("learning rate"),
    "weight_decay": marked("weight decay"),
    "schedule": marked("schedule of the learning rate"),
    "warmup_steps": marked("steps of warm-up"),
    "clip": marked("limit of the gradient norm (0: none)"),
    "epochs": marked("epochs"),
    "max_steps": marked("most steps (0: no limit)"),
    "precision": marked("precision of matrix products"),
    "seed": marked("random seed"),
    "validate_every": marked("steps between validations (0: every epoch)"),
    "validation_poems": marked("poems of a validation (0: all)"),
    "verse_poems": marked("free poems measured at each validation (0: none)"),
    "device": marked("device to train on (auto: the GPU with the most room)"),
    "checkpoint_every": marked("steps between checkpoints (0: every epoch)"),
    "keep": marked("recent checkpoints that are kept"),
    "report_every": marked("steps between reports"),
}


class SettingRow(msgspec.Struct, frozen=True):
    """A setting: what it means, its name, and its value in each run."""

    meaning: str
    key: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs have different values."""
        return len(set(self.values)) > 1


def settings_rows(configs: Sequence[RunConfig], text: Translate) -> list[SettingRow]:
    """Every setting of the runs, in the order of the configuration."""
    settings = [flat_settings(config) for config in configs]
    return [
        SettingRow(
            text(MEANINGS[key]) if key in MEANINGS else "",
            key,
            tuple(_shown(each.get(key), text) for each in settings),
        )
        for key in settings[0]
    ]


def _shown(value: object, text: Translate) -> str:
    if isinstance(value, bool):
        return text("yes") if value else text("no")
    return f"{value:g}" if isinstance(value, float) else str(value)
