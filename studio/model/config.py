"""What a run is made of: the model, its training, and the named recipes. Imports no torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from studio.documents import converted, read_json
from studio.errors import ConfigError

Cell = Literal["rnn", "gru", "lstm"]
# Upper limits stop a damaged or hostile file before anything is built from it. They lie far above
# what the poems can teach: one layer of 8,192 units has half a billion weights, and the whole
# corpus five million characters.
Units = Annotated[int, Meta(ge=1, le=8192)]
Layers = Annotated[int, Meta(ge=1, le=16)]
# Rows of a batch, characters of a window: what fits in memory ends long before.
Size = Annotated[int, Meta(ge=1, le=2**20)]
# Counts over a whole training: up to 32 bits.
MOST = 2**31 - 1
Positive = Annotated[int, Meta(ge=1, le=MOST)]
Natural = Annotated[int, Meta(ge=0, le=MOST)]
# The largest single-precision number; this also rejects NaN and infinity.
Rate = Annotated[float, Meta(gt=0, le=1e38)]
Amount = Annotated[float, Meta(ge=0, le=1e38)]
# torch takes seeds of 64 bits; an epoch's is made of the run's and the epoch's number.
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
    # DropConnect: that share of the recurrent weights is left out of each window (Wan et al. 2013;
    # Merity et al. 2018).
    recurrent_dropout: Share = 0.0
    # Whole characters that the network does not see in a window (Gal and Ghahramani 2016).
    embedding_dropout: Share = 0.0
    # The softmax shares its matrix with the embedding (Press and Wolf 2017).
    tied: bool = False
    # So many lines above are read along: the character in each that stands where the next will.
    lines_above: Annotated[int, Meta(ge=0, le=3)] = 0
    # What each layer reads reaches the softmax past it, too (Graves 2013, section 2).
    skips: bool = False
    # What a poem to be written or judged begins with: zeros, or the state that an end token leaves,
    # which is how all poems but the first begin in a stream.
    initial_state: Literal["zero", "end"] = "zero"

    def shaped_as(self, other: "ModelConfig") -> "ModelConfig":
        """A network that can have the weights of `other`; the rest is as here.

        Dropout and the initial state may change from one training to the next.
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
    # "stream": the shuffled poems form one text, cut into `batch_size` streams that are read in
    # windows of `window` characters, the state carried from window to window (truncated
    # backpropagation through time, Williams and Peng 1990).
    batching: Literal["poems", "stream"] = "poems"
    batch_size: Size = 100
    window: Size = 64
    # Longer poems are left out of training with "poems", where they would pad a whole batch.
    longest_poem: Size = 130
    # A character seen less often in the training split becomes the unknown token.
    min_count: Positive = 2
    # "nll": log-softmax, then NLLLoss, all logits at once; "chunked": the same value, by parts;
    # "sampled": an estimate from the frequent characters and a sample of the others; on a GPU
    # "chunked".
    loss: Literal["nll", "chunked", "sampled"] = "nll"
    optimizer: Literal["rmsprop", "adamw", "sgd"] = "rmsprop"
    learning_rate: Rate = 0.01
    weight_decay: Amount = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_steps: Natural = 0
    # The gradient's norm is clipped to this; 0 switches clipping off.
    clip: Amount = 1.0
    epochs: Positive = 4
    # Stop after this many steps, even in the middle of an epoch; 0 means no limit.
    max_steps: Natural = 0
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    seed: Seed = 1
    # Besides the end of each epoch; 0 means at the end of each epoch only.
    validate_every: Natural = 200
    # Validation reads at least that many poems, evenly spread over the split; 0 means all.
    validation_poems: Natural = 512
    checkpoint_every: Natural = 200
    # Checkpoints kept besides the best one.
    keep: Positive = 3
    # Losses are fetched from the device once in this many steps, or once a second.
    report_every: Positive = 10


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decides a run's losses, together with the corpus."""

    recipe: str = "classic"
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    # The model whose weights and characters training starts from, "" for none: a name or a folder.
    start: str = ""
    # The corpus beside the library whose poems are learnt, "" for the library's own. The
    # characters, and the poems for validation, are the library's in any case.
    poems: str = ""


RECIPES: dict[str, RunConfig] = {
    # The textbook program: embedding 100, two LSTM layers of 128, NLLLoss over all characters,
    # RMSprop at 0.01, the gradient clipped at 1, batches of 100 poems.
    "classic": RunConfig(),
    # What data/experiments.md found best for some two hours on two cores.
    "studio": RunConfig(
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
    ),
}


def recipe_named(name: str) -> RunConfig:
    """One of `RECIPES`; raises ConfigError naming the known ones."""
    try:
        return RECIPES[name]
    except KeyError:
        known = ", ".join(RECIPES)
        raise ConfigError(f"There is no recipe called {name!r}. The recipes are {known}.") from None


def with_settings(
    config: RunConfig, settings: dict[str, object], named: Callable[[str], str] = str
) -> RunConfig:
    """A copy of `config` with some fields set, by name (`hidden`) or path (`model.hidden`).

    Values may be strings as typed by a user. Raises ConfigError that names the key, as `named`
    does, and what it takes.
    """
    parts: dict[str, dict[str, object]] = {
        "model": msgspec.to_builtins(config.model),
        "train": msgspec.to_builtins(config.train),
    }
    for key, value in settings.items():
        section, _, field = key.rpartition(".")
        homes = [name for name in parts if field in parts[name] and section in ("", name)]
        if not homes:
            known = ", ".join(sorted(parts["model"] | parts["train"]))
            raise ConfigError(f"There is no setting called {key!r}. The settings are {known}.")
        parts[homes[0]][field] = value
        _check({field: value}, homes[0], named(key))
    return msgspec.structs.replace(
        config,
        model=msgspec.convert(parts["model"], ModelConfig, strict=False),
        train=msgspec.convert(parts["train"], TrainConfig, strict=False),
    )


def _check(setting: dict[str, object], section: str, name: str) -> None:
    kind: type[ModelConfig | TrainConfig] = ModelConfig if section == "model" else TrainConfig
    converted(setting, kind, lambda _: name, strict=False)


def read_config(path: Path) -> RunConfig:
    """Read a run's config.json; raises ConfigError that names the file and the key."""
    remedy = "Correct it, or delete the run."
    return read_json(path, RunConfig, ConfigError, remedy)
