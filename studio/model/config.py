"""Settings of a run: the model, its training, and the named recipes. Imports no torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from studio.devices import DeviceName
from studio.documents import converted, read_json
from studio.errors import ConfigError
from studio.translation import tr

Cell = Literal["rnn", "gru", "lstm"]
# Upper limits reject a damaged or hostile file before anything is built from it. They are far above
# what the poems can teach: one layer of 8,192 units has half a billion weights, and the whole
# corpus has five million characters.
Units = Annotated[int, Meta(ge=1, le=8192)]
Layers = Annotated[int, Meta(ge=1, le=16)]
# Rows of a batch, characters of a window. Memory runs out long before this limit.
Size = Annotated[int, Meta(ge=1, le=2**20)]
# The limit for counts over a whole run: 32 bits, signed.
MAX_COUNT = 2**31 - 1
Positive = Annotated[int, Meta(ge=1, le=MAX_COUNT)]
Natural = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
# Near the largest single-precision number; the limit also rejects NaN and infinity.
Rate = Annotated[float, Meta(gt=0, le=1e38)]
Amount = Annotated[float, Meta(ge=0, le=1e38)]
# torch takes seeds of 64 bits; an epoch's seed combines the run's seed and the epoch number.
Seed = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Share = Annotated[float, Meta(ge=0, lt=1)]


class ModelConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The network: an embedding, a stack of recurrent layers, a softmax over the vocabulary."""

    cell: Cell = "lstm"
    embedding: Units = 100
    hidden: Units = 128
    layers: Layers = 2
    # Locked dropout: one mask for all time steps (Gal and Ghahramani 2016).
    dropout: Share = 0.0
    # DropConnect: the share of recurrent weights dropped in each window (Wan et al. 2013;
    # Merity et al. 2018).
    recurrent_dropout: Share = 0.0
    # The share of characters whose embedding is zeroed in a window (Gal and Ghahramani 2016).
    embedding_dropout: Share = 0.0
    # The softmax shares its matrix with the embedding (Press and Wolf 2017).
    tied: bool = False
    # How many previous lines are extra input: from each, the character at the same position in its
    # line as the next character.
    lines_above: Annotated[int, Meta(ge=0, le=3)] = 0
    # What the network reads at each step beside the characters (conditions.py): the form with the
    # number of the line, the lines left and the place in it; the title; the poet.
    form_input: bool = False
    title_input: bool = False
    poet_input: bool = False
    # Skip connections from the input of each layer to the softmax (Graves 2013, section 2).
    skips: bool = False
    # The recurrent state at the start of a poem that is written or scored: zeros, or the state
    # after an end token. In a stream every poem but the first starts after an end token.
    initial_state: Literal["zero", "end"] = "zero"

    @property
    def has_conditions(self) -> bool:
        """Whether it reads anything beside the characters."""
        return self.form_input or self.title_input or self.poet_input

    def with_shape_of(self, other: "ModelConfig") -> "ModelConfig":
        """The shape of `other`, so that its weights fit, with the other settings of this config.

        Dropout and the initial state may change from one run to the next.
        """
        return msgspec.structs.replace(
            other,
            dropout=self.dropout,
            recurrent_dropout=self.recurrent_dropout,
            embedding_dropout=self.embedding_dropout,
            initial_state=self.initial_state,
        )


class TrainConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the network learns. Lengths in characters, losses in nats per character."""

    # "poems": each row of a batch is one poem, padded; the state starts at zero.
    # "stream": the shuffled poems form one text, cut into `batch_size` streams. These are read in
    # windows of `window` characters, and the state is carried from window to window (truncated
    # backpropagation through time, Williams and Peng 1990).
    batching: Literal["poems", "stream"] = "poems"
    batch_size: Size = 100
    # The share of poems that are read without their form; without their title; without their poet.
    # So one model writes with and without.
    condition_dropout: Share = 0.3
    window: Size = 64
    # With "poems", longer poems are left out: one of them would pad a whole batch.
    longest_poem: Size = 130
    # A character seen less often in the training split becomes the unknown token.
    min_count: Positive = 2
    # "nll": log-softmax, then NLLLoss, all logits at once. "chunked": the same value, computed in
    # chunks. "sampled": an estimate from the frequent characters and a sample of the others; a GPU
    # uses "chunked" instead.
    loss: Literal["nll", "chunked", "sampled"] = "nll"
    # "muon": the orthogonalised momentum of each gate's matrix. For the embedding and the biases
    # AdamW, at a fifth of the learning rate; 0.02 is a usual one.
    optimizer: Literal["rmsprop", "adamw", "muon", "sgd"] = "rmsprop"
    learning_rate: Rate = 0.01
    weight_decay: Amount = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_steps: Natural = 0
    # The gradient norm is clipped to this; 0 turns clipping off.
    clip: Amount = 1.0
    epochs: Positive = 4
    # Stop after this many steps, even in the middle of an epoch; 0 means no limit.
    max_steps: Natural = 0
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    # The device to train on. A run that is resumed on a machine without it takes "auto" there.
    device: DeviceName = "auto"
    seed: Seed = 1
    # In steps, in addition to the end of each epoch; 0 means only at the end of each epoch.
    validate_every: Natural = 200
    # Validation reads at least this many poems, evenly spread over the split; 0 means all.
    validation_poems: Natural = 512
    # At each validation this many poems are written without a form and measured; 0: none.
    verse_poems: Annotated[int, Meta(ge=0, le=256)] = 64
    checkpoint_every: Natural = 200
    # How many recent checkpoints to keep; the best one is always kept.
    keep: Positive = 3
    # Losses are fetched from the device every this many steps, or every second.
    report_every: Positive = 10


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting that determines a run's losses, together with the corpus."""

    recipe: str = "classic"
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    # The model that training starts from, with its weights and characters: a name or a folder; ""
    # for none.
    start: str = ""
    # The name of another corpus, next to the library, to train and validate on; "" is the library.
    # The vocabulary always comes from the library.
    poems: str = ""
    # The name of another corpus whose poems are read beside those of the library, fewer and fewer
    # of them towards the end (mixture.py).
    mixed: str = ""
    # The epochs over which these become fewer; 0: all that are planned. Epochs that are added when
    # a run is resumed read none of them.
    mixing_epochs: Natural = 0
    # Models that it learns from, as "run@step", "default" or folders (teachers.py).
    teachers: tuple[str, ...] = ()
    # The weight of the teachers' predictions in the loss; the text has the rest.
    teaching: Share = 0.7


# The recipe that is proposed where there is a GPU.
GPU_RECIPE = "gpu"
# The best of data/experiments.md for about two hours on two cores.
_STUDIO = RunConfig(
    recipe="studio",
    model=ModelConfig(
        embedding=384,
        hidden=896,
        dropout=0.3,
        recurrent_dropout=0.2,
        embedding_dropout=0.05,
        tied=True,
        lines_above=2,
        skips=True,
        initial_state="end",
        form_input=True,
        title_input=True,
        poet_input=True,
    ),
    train=TrainConfig(
        batching="stream",
        batch_size=32,
        window=64,
        loss="sampled",
        optimizer="adamw",
        learning_rate=0.004,
        weight_decay=0.05,
        schedule="cosine",
        warmup_steps=300,
        epochs=9,
        precision="auto",
        validate_every=800,
        checkpoint_every=400,
    ),
)
# The best of data/experiments.md for some minutes on one H100: a larger model, more rows, and the
# Song poems as well.
_GPU = msgspec.structs.replace(
    _STUDIO,
    recipe=GPU_RECIPE,
    mixed="quansongshi",
    model=msgspec.structs.replace(_STUDIO.model, embedding=512, hidden=1536),
    train=msgspec.structs.replace(
        _STUDIO.train,
        batch_size=256,
        loss="chunked",
        epochs=15,
        validate_every=0,
        checkpoint_every=1000,
    ),
)
RECIPES: dict[str, RunConfig] = {
    # The textbook setup: embedding 100, two LSTM layers of 128, NLLLoss over all characters,
    # RMSprop at 0.01, the gradient clipped at 1, batches of 100 poems.
    "classic": RunConfig(),
    _STUDIO.recipe: _STUDIO,
    _GPU.recipe: _GPU,
}


def recipe_named(name: str) -> RunConfig:
    """One of `RECIPES`; raises ConfigError that lists the known ones."""
    try:
        return RECIPES[name]
    except KeyError:
        known = tr(", ").join(RECIPES)
        raise ConfigError(
            tr(
                "There is no recipe called {name!r}. The recipes are {known}.",
                name=name,
                known=known,
            )
        ) from None


def with_settings(
    config: RunConfig, settings: dict[str, object], named: Callable[[str], str] = str
) -> RunConfig:
    """A copy of `config` with some fields set, by name (`hidden`) or path (`model.hidden`).

    Values may be strings as typed by a user. Raises ConfigError that names the key, written as
    `named` returns it, and the values it takes.
    """
    sections: dict[str, dict[str, object]] = {
        "model": msgspec.to_builtins(config.model),
        "train": msgspec.to_builtins(config.train),
    }
    for key, value in settings.items():
        section, _, field = key.rpartition(".")
        matching = [name for name in sections if field in sections[name] and section in ("", name)]
        if not matching:
            known = tr(", ").join(sorted(sections["model"] | sections["train"]))
            raise ConfigError(
                tr(
                    "There is no setting called {key!r}. The settings are {known}.",
                    key=key,
                    known=known,
                )
            )
        sections[matching[0]][field] = value
        _check({field: value}, matching[0], named(key))
    return msgspec.structs.replace(
        config,
        model=msgspec.convert(sections["model"], ModelConfig, strict=False),
        train=msgspec.convert(sections["train"], TrainConfig, strict=False),
    )


def _check(setting: dict[str, object], section: str, name: str) -> None:
    kind: type[ModelConfig | TrainConfig] = ModelConfig if section == "model" else TrainConfig
    converted(setting, kind, lambda _: name, strict=False)


def read_config(path: Path) -> RunConfig:
    """Read a run's config.json; raises ConfigError that names the file and the key."""
    remedy = tr("Correct it, or delete the run.")
    return read_json(path, RunConfig, ConfigError, remedy)
