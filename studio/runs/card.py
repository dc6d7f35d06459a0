"""The card of a published model: its training data, its figures and its known faults."""

from collections.abc import Iterator

import msgspec

from studio.corpus.poem import Script, couplets
from studio.model.config import RunConfig
from studio.model.mixture import falls
from studio.model.preferred import Preference
from studio.verse.request import ComposeRequest

# The network's `initial_state`, in words.
INITIAL = {"zero": "a zero state", "end": "the state that an end token leaves"}


class SplitFigures(msgspec.Struct, frozen=True):
    """Perplexity of a split: over all targets, and over Han characters alone.

    Of the others, all over all targets, `perplexity_form` is that of a model that is given each
    poem's form and the place in it, and `perplexity_titled` also title and poet, as far as it reads
    them; None if it reads nothing. `perplexity_quatrains` is that of `evaluate.quatrain_score`,
    with nothing given; None if the split has no quatrain.
    """

    split: str
    poems: int
    perplexity: float
    perplexity_han: float
    tokens: int
    tokens_han: int
    unknown_share: float
    perplexity_form: float | None = None
    perplexity_titled: float | None = None
    perplexity_quatrains: float | None = None


class Sample(msgspec.Struct, frozen=True):
    """A poem and its request."""

    request: ComposeRequest
    text: str


class TrainingPoems(msgspec.Struct, frozen=True):
    """The training poems of another corpus than the library; `sharing` as in `Phase`.

    `epochs` is how many epochs the run reached; 0 in cards of older versions.
    """

    corpus: str
    poems: int
    sharing: int
    epochs: int = 0


class Phase(msgspec.Struct, frozen=True):
    """The run whose model another run started from. `hours`, `machine` and `before` as in `Card`.

    `sharing` is how many of its `poems` share three or more lines with held-out poems of the
    library. `figures` are those of the validation split; in cards of older versions also those of
    the test split.
    """

    run: str
    step: int
    config: RunConfig
    corpus: str
    poems: int
    sharing: int
    hours: float
    figures: list[SplitFigures]
    mixed: TrainingPoems | None = None
    machine: str = ""
    before: "Phase | None" = None


class Card(msgspec.Struct, frozen=True):
    """card.json. `hours` is the training time on `machine`; `bytes` is the size of the weights.

    `before` is the earlier phase if the run started from another run's model; None also if that
    model is no longer there. `mixed` was read beside the run's own corpus, `instead` in place of
    the library. `same_poems`: whether the library has the training poems that it had then.
    `preferred` is what the weights learnt from after the run, if they did.
    """

    run: str
    step: int
    parameters: int
    vocabulary: int
    bytes: int
    config: RunConfig
    corpus: str
    poems: dict[str, int]
    hours: float
    machine: str
    studio: str
    torch: str
    figures: list[SplitFigures]
    faults: tuple[str, ...]
    samples: list[Sample]
    before: Phase | None = None
    mixed: TrainingPoems | None = None
    preferred: Preference | None = None
    instead: TrainingPoems | None = None
    same_poems: bool = True


def faults_of(config: RunConfig, script: Script) -> tuple[str, ...]:
    """The known faults of a model that was trained on a library in that script."""
    apart = (
        ", in simplified characters. It cannot tell apart what simplifying merged, such as 裏 and "
        "里."
    )
    least = config.train.min_count
    unknown = f"fewer than {least} times" if least > 2 else "once"
    return (
        "It knows characters, not the world: images are those that poets put side by side most "
        "often, and a poem drifts from one to the next without a thought that holds it together.",
        "Parallelism in the middle couplets is what it learnt by reading. No rule enforces it; of "
        "several drafts the more parallel ones are preferred.",
        "It has read nothing but old poems" + (apart if script == "simplified" else "."),
        "Rare characters are poorly known."
        + (f" Those seen {unknown} in training are unknown to it." if least > 1 else ""),
    )


def as_markdown(card: Card) -> str:
    """The card as Markdown."""
    model = card.config.model
    rows = "\n".join(
        f"| {each.split} | {each.poems:,} | {each.perplexity:.1f} | {each.perplexity_han:.1f} "
        f"| {each.tokens:,} | {each.unknown_share:.2%} |"
        for each in card.figures
    )
    given = "".join(_given(each) for each in card.figures)
    samples = "\n\n".join(
        f"{_titled(each.request)}{each.request.form}, seed {each.request.seed}\n\n"
        + "\\\n".join(couplets(each.text))
        for each in card.samples
    )
    faults = "\n".join(f"- {fault}" for fault in card.faults)
    history = "\n".join(f"- {each}" for each in _history(card))
    return f"""# The model {card.run}

{model.cell.upper()}, embedding {model.embedding}, hidden {model.hidden}, {model.layers} layers: \
{card.parameters:,} parameters, {card.vocabulary:,} characters, {card.bytes / 1e6:.1f} MB.

{history}

| split | poems | perplexity | over Han characters | tokens | unknown characters |
| --- | --- | --- | --- | --- | --- |
{rows}
{given}
Perplexity is exp(nats / token) over all targets, punctuation and the end token included; each poem
is read by itself from {INITIAL[model.initial_state]}, and unknown characters count as the unknown
token.

## Known faults

{faults}

## Samples

Chosen by seed, not by hand, with the default settings of `generate`. Another kind of processor may
write other poems.

{samples}
"""


def _titled(request: ComposeRequest) -> str:
    return f"《{request.title}》, " if request.title else ""


def _given(each: SplitFigures) -> str:
    """The other perplexities of a split, in a sentence each."""
    found = ""
    if each.perplexity_form is not None and each.perplexity_titled is not None:
        found += (
            f"\nOver all targets ({each.split}): {each.perplexity_form:.1f} where the form and the "
            f"place in it are given, {each.perplexity_titled:.1f} where title and poet are given "
            "as well (whichever of them the model reads).\n"
        )
    if each.perplexity_quatrains is not None:
        found += (
            f"\nOver lines 2 to 4 of the quatrains and their stops ({each.split}), as Zhang and "
            f"Lapata (2014) measure other poems: {each.perplexity_quatrains:.1f}.\n"
        )
    return found


def _history(card: Card) -> Iterator[str]:
    """What the model was trained on and how, the last run first."""
    config, poems = card.config, card.poems
    yield (
        f"Run: {card.run}, seed {config.train.seed}, {card.hours:.1f} hours of training on "
        f"{card.machine}, torch {card.torch}."
    )
    yield f"Recipe: `{config.recipe}`, {card.step:,} steps, {_settings(config)}."
    if card.mixed:
        yield f"It {_mixed(card.mixed, config)}"
    if config.teachers:
        yield f"It {_taught(config)}"
    if card.preferred:
        yield _preferred(card.preferred)
    run: Card | Phase = card
    order = "Before it"
    while run.before:
        run = run.before
        yield f"{order} the run {_phase(run)}"
        order = "Before that"
    if run.config.start:
        yield f"{order} there was the model {run.config.start}."
    data = (
        f"Data: {card.corpus}; {poems['train']:,} poems for training, {poems['valid']:,} for "
        f"validation, {poems['test']:,} for the test, split by the sha256 of the first line, fixed."
    )
    if card.instead:
        data += (
            f" The run itself has only their characters: it read {card.instead.poems:,} poems of "
            f"{card.instead.corpus}. Of those {card.instead.sharing:,} share three lines or more "
            "with poems that are held out."
        )
    elif not card.same_poems:
        data += " The library has changed since: the run read other poems for training."
    yield data


def _phase(phase: Phase) -> str:
    mixed = phase.mixed
    figures = ", ".join(f"{each.perplexity:.1f} ({each.split})" for each in phase.figures)
    words = [
        f"{phase.run}: {phase.step:,} steps in {phase.hours:.1f} hours"
        + (f" on {phase.machine}" if phase.machine else "")
        + f", {_settings(phase.config)}. It read the {phase.poems:,} poems of {phase.corpus}, with "
        "the characters of the library." + (f" Its perplexity was {figures}." if figures else ""),
        f"Of its poems {phase.sharing:,} share three lines or more with poems that are held out.",
    ]
    if mixed:
        words.append(f"It also {_mixed(mixed, phase.config)}")
    if phase.config.teachers:
        words.append(f"It {_taught(phase.config)}")
    return " ".join(words)


def _mixed(mixed: TrainingPoems, config: RunConfig) -> str:
    fewer = falls(config, mixed.epochs or config.train.epochs)
    when = "fewer and fewer of them towards the end" if fewer else "all of them in every epoch"
    return (
        f"read {mixed.poems:,} poems of {mixed.corpus}, {when}. Of these {mixed.sharing:,} share "
        "three lines or more with poems that are held out."
    )


def _taught(config: RunConfig) -> str:
    names, count = ", ".join(config.teachers), len(config.teachers)
    return (
        f"learnt from {count} other model{'s' * (count > 1)} by knowledge distillation ({names}): "
        f"their predictions have weight {config.teaching:g} in its loss, the text has the rest."
    )


def _preferred(learnt: Preference) -> str:
    hours = learnt.seconds / 3600
    return (
        f"After the run it learnt what readers prefer, in {hours:.1f} hours, from "
        f"{learnt.poems:,} poems that such models wrote to {learnt.requests:,} requests. Readers "
        "that were language models gave them points (data/judged.tsv). The figures here are those "
        "after it."
    )


def _settings(config: RunConfig) -> str:
    model, train = config.model, config.train
    rows = "poems" if train.batching == "poems" else f"streams in windows of {train.window}"
    return (
        f"{train.optimizer} at {train.learning_rate:g} ({train.schedule}), {train.batch_size} "
        f"{rows}, dropout {model.dropout:g} of units, "
        f"{model.recurrent_dropout:g} of recurrent weights and {model.embedding_dropout:g} of "
        f"characters, weight decay {train.weight_decay:g}"
    )
