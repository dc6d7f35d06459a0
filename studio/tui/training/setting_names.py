"""The settings of a run as the form shows them: in words, in groups, with hints."""

# What most people change. The other settings are in groups that a fold hides; a setting that is in
# none of them comes under "Other".
FIRST = ("cell", "hidden", "layers", "epochs", "batch_size", "device")
GROUPS: dict[str, tuple[str, ...]] = {
    "Network": (
        "embedding",
        "lines_above",
        "form_input",
        "title_input",
        "poet_input",
        "skips",
        "initial_state",
        "dropout",
        "recurrent_dropout",
        "embedding_dropout",
        "tied",
    ),
    "Learning": (
        "max_steps",
        "optimizer",
        "learning_rate",
        "schedule",
        "warmup_steps",
        "weight_decay",
        "clip",
        "loss",
    ),
    "Text": ("batching", "window", "longest_poem", "min_count", "condition_dropout"),
    "Watching": (
        "validate_every",
        "validation_poems",
        "verse_poems",
        "checkpoint_every",
        "keep",
        "report_every",
    ),
    "Machine": ("precision", "seed"),
}
# The settings in words of at most 17 letters; those that are missing have a name that is one.
LABELS = {
    "hidden": "units per layer",
    "embedding": "embedding width",
    "lines_above": "lines above",
    "form_input": "form as input",
    "title_input": "title as input",
    "poet_input": "poet as input",
    "skips": "skip connections",
    "initial_state": "initial state",
    "recurrent_dropout": "recurrent dropout",
    "embedding_dropout": "embedding dropout",
    "tied": "tied softmax",
    "max_steps": "most steps",
    "optimizer": "optimiser",
    "learning_rate": "learning rate",
    "warmup_steps": "warm-up steps",
    "weight_decay": "weight decay",
    "clip": "gradient limit",
    "batch_size": "rows per batch",
    "longest_poem": "longest poem",
    "min_count": "least count",
    "condition_dropout": "condition dropout",
    "validate_every": "validate every",
    "validation_poems": "validation poems",
    "verse_poems": "verse poems",
    "checkpoint_every": "checkpoint every",
    "keep": "checkpoints kept",
    "report_every": "report every",
}
HINTS = {
    "hidden": "hidden units of a recurrent layer",
    "layers": "stacked recurrent layers",
    "epochs": "passes over the corpus",
    "batch_size": "batch_size",
    "device": "auto: the GPU with the most room",
    "embedding": "embedding: numbers per character",
    "lines_above": "lines_above: previous lines as extra input",
    "form_input": "form_input: the form and the place in it",
    "title_input": "title_input: the title of the poem",
    "poet_input": "poet_input: the name of the poet",
    "skips": "skips: the softmax reads all layers",
    "initial_state": "initial_state: zeros, or as after a poem (stream)",
    "dropout": "rate for units",
    "recurrent_dropout": "recurrent_dropout: rate for recurrent weights",
    "embedding_dropout": "embedding_dropout: rate for characters",
    "tied": "tied: embedding and softmax share a matrix",
    "max_steps": "max_steps; 0: no limit",
    "optimizer": "optimizer",
    "learning_rate": "learning_rate",
    "warmup_steps": "warmup_steps: steps to the full learning rate",
    "weight_decay": "weight_decay",
    "clip": "clip: maximum gradient norm; 0: no limit",
    "loss": "sampled: fastest on a CPU",
    "batching": "one poem per row, or one long text",
    "window": "characters per step (stream)",
    "longest_poem": "longest_poem: longer ones are left out (poems)",
    "min_count": "min_count: rarer characters become unknown",
    "condition_dropout": "condition_dropout: poems read without form, title, poet",
    "validate_every": "validate_every: steps; 0: every epoch",
    "validation_poems": "validation_poems; 0: all",
    "verse_poems": "verse_poems: free poems measured at each validation",
    "checkpoint_every": "checkpoint_every: steps; 0: every epoch",
    "keep": "keep: recent checkpoints, besides the best",
    "report_every": "report_every: steps between reports",
}


def groups_of(names: list[str]) -> dict[str, tuple[str, ...]]:
    """The groups behind the fold; settings that have no place are in "Other"."""
    placed = {*FIRST, *(name for group in GROUPS.values() for name in group)}
    other = tuple(name for name in names if name not in placed)
    return GROUPS | ({"Other": other} if other else {})
