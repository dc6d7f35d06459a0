"""Chapter 1: the task, the cells, the architecture, the data, the recipe."""

from collections.abc import Iterator, Sequence

from studio.model.config import Cell
from studio.model.mixture import falls
from studio.report.amounts import grouped, number, share
from studio.report.architecture import describe, in_order, stack
from studio.report.cells import DIAGRAMS, EQUATIONS, LANGUAGE_MODEL
from studio.report.document import Block, Grid, Paragraph, Picture, Remarks, Section
from studio.report.records import ReportData, ReportedRun
from studio.report.settings_table import settings_rows
from studio.translation import Translate, marked

CELLS: dict[Cell, tuple[str, str]] = {
    "rnn": (
        marked("The plain recurrent cell (RNN)"),
        marked(
            "The plain recurrent cell (Elman 1990) has one state h. At each character it mixes the "
            "input x with the state before, by two matrices, and squashes the sum by tanh. The "
            "whole past must pass through this one product again and again. A gradient that is "
            "sent back through many steps is multiplied by the recurrent matrix each time: it "
            "shrinks to nothing or grows without bound. So the cell learns what stands next to "
            "what, but hardly what stands five or seven characters before, where a line of verse "
            "has its counterpart or its rhyme. Clipping the norm of the gradient keeps it from "
            "exploding."
        ),
    ),
    "gru": (
        marked("The gated recurrent unit (GRU)"),
        marked(
            "The gated recurrent unit (Cho et al. 2014) has one state h and two gates, each a "
            "number from 0 to 1 for every unit. The reset gate r says how much of the past counts "
            "when the new candidate n is made. The update gate z says how much of the old state is "
            "kept: at z near 1 the state passes unchanged, and so does its gradient. A unit can "
            "therefore hold something over a whole couplet. It needs three quarters of an LSTM's "
            "weights."
        ),
    ),
    "lstm": (
        marked("Long short-term memory (LSTM)"),
        marked(
            "Long short-term memory (Hochreiter and Schmidhuber 1997; with a forget gate by Gers "
            "et al. 2000) separates what is remembered from what is shown. The cell state c runs "
            "along the top: it is only multiplied by the forget gate f and increased by i times g, "
            "so a gradient can flow back along it over many steps. The input gate i decides what "
            "is written, the forget gate f what is kept, the output gate o what of it appears in "
            "the state h, from which the next character is predicted. At the start the forget "
            "gate's bias is 1, so that the cell remembers until it learns what to forget "
            "(Jozefowicz et al. 2015)."
        ),
    ),
}


def model_chapter(data: ReportData, text: Translate) -> Iterator[Block]:
    """What was trained."""
    yield Section(2, text("1 What was trained"))
    yield from _task(text)
    yield from _cells(data, text)
    yield from _architecture(data, text)
    yield from _data(data, text)
    yield from _recipe(data, text)


def _task(text: Translate) -> Iterator[Block]:
    yield Section(3, text("1.1 The task"))
    yield Paragraph(
        text(
            "A language model gives each next character of a poem a probability, given all "
            "characters before it. Here a character is one token, punctuation included. Each "
            "character is turned into a vector (the embedding), read by recurrent layers, and "
            "their state is turned into a probability for every character of the vocabulary "
            "(softmax). Training lowers the loss: the mean negative logarithm of the probability "
            "of the character that does come next. Perplexity is e to the power of the loss: a "
            "model with perplexity 100 is as uncertain as if it chose among 100 equally likely "
            "characters."
        )
    )
    yield Picture(
        "language-model",
        LANGUAGE_MODEL,
        text("The probability of a poem w, its prediction from the state h, and the loss."),
    )


def _cells(data: ReportData, text: Translate) -> Iterator[Block]:
    yield Section(3, text("1.2 The recurrent cells"))
    yield Paragraph(
        text(
            "In the equations of one step, x is the vector of the character or the output of the "
            "layer below, W are weights and b biases, σ is the logistic function, and ⊙ the "
            "product of components. In the diagrams yellow is an activation with weights, and red "
            "an operation on each component."
        )
    )
    used = {run.history.config.model.cell for run in data.runs}
    for cell in CELLS:
        if cell not in used:
            continue
        title, explanation = CELLS[cell]
        yield Section(4, text(title))
        yield Paragraph(text(explanation))
        yield Picture(
            f"{cell}-equations",
            EQUATIONS[cell],
            text("{cell}: the equations of one step.", cell=cell.upper()),
        )
        yield Picture(
            f"{cell}-cell",
            DIAGRAMS[cell],
            text("{cell}: one step as a diagram.", cell=cell.upper()),
        )


def _architecture(data: ReportData, text: Translate) -> Iterator[Block]:
    yield Section(3, text("1.3 The architecture"))
    for number_of_run, run in enumerate(data.runs, start=1):
        results, model = run.results, run.history.config.model
        yield Section(4, run.name)
        if results is None:
            yield Paragraph(_no_results(run, text))
            continue
        yield Picture(
            f"architecture-{number_of_run}",
            stack(model, results.parts, text),
            text("From one character to the probabilities of the next."),
        )
        rows = [
            (describe(part.name, text), part.name, _shape(part.shape), number(part.parameters))
            for part in in_order(results.parts)
        ]
        yield Grid(
            (text("Part"), text("Name"), text("Shape"), text("Parameters")),
            (*rows, (text("All"), "", "", number(results.parameters))),
            text("Parameters of {run} by part.", run=run.name),
            kind="numbers",
        )
        if model.tied:
            yield Paragraph(text("The softmax uses the matrix of the embedding, so it has none."))


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(f"{each:,}" for each in shape)


def _no_results(run: ReportedRun, text: Translate) -> str:
    return text("{run} has no usable checkpoint: {reason}", run=run.name, reason=run.lacking)


def _data(data: ReportData, text: Translate) -> Iterator[Block]:
    yield Section(3, text("1.4 The data"))
    library = data.library
    if library is None:
        yield Paragraph(
            text(
                "The library of poems is missing, so it is not described: {reason}",
                reason=data.no_library,
            )
        )
        return
    yield Paragraph(
        text(
            "The poems come from {source}. The sha256 of a poem's first line decides whether it is "
            "for training (90%), validation (5%) or the test (5%), so a poem is always in the same "
            "split. The vocabulary is made from the training poems alone; rarer characters become "
            "one unknown token.",
            source=library.source,
        )
    )
    splits = library.splits
    rows = [
        (text("records read"), number(library.records_read)),
        (text("poems"), number(library.poems)),
        (text("poems for training"), number(splits.get("train"))),
        (text("poems for validation"), number(splits.get("valid"))),
        (text("poems for the test"), number(splits.get("test"))),
        (text("poets"), number(library.poets)),
        (text("Han characters"), number(library.characters)),
        (text("different Han characters"), number(library.distinct)),
    ]
    for (vocabulary, unknown), names in _vocabularies(data, text):
        rows.append((text("vocabulary of {runs}", runs=names), number(vocabulary)))
        rows.append((text("unknown characters in validation for {runs}", runs=names), unknown))
    yield Grid(
        (text("Data"), text("Number")),
        tuple(rows),
        text(
            "The library. Vocabularies include four special tokens: padding, begin, end, unknown."
        ),
        kind="numbers",
    )
    yield Remarks(
        tuple(text(origin, runs=names) for origin, names in grouped(data.runs, _origin, text))
    )


def _vocabularies(data: ReportData, text: Translate) -> Iterator[tuple[tuple[int, str], str]]:
    """The sizes of the vocabularies and the shares of unknown characters, with their runs."""

    def measured(run: ReportedRun) -> tuple[int, str]:
        assert run.results is not None
        valid = run.results.perplexity("valid")
        return run.results.vocabulary, share(valid.unknown_share if valid else None)

    yield from grouped([run for run in data.runs if run.results], measured, text)


def _origin(run: ReportedRun) -> str:
    """Whether the library is what the run was trained on: source text."""
    if run.history.config.poems:
        return marked("{runs}: trained on another corpus (--poems), not on these training poems.")
    if run.same_poems is None:
        return marked("{runs}: it is not known whether these are the poems of the training.")
    if run.same_poems and run.history.config.mixed:
        return marked("{runs}: trained on these training poems and on those of another corpus.")
    if run.same_poems:
        return marked("{runs}: trained on exactly these training poems, by their checksum.")
    return marked(
        "{runs}: trained on other poems than the library has now. What is measured with the "
        "library may differ from what training recorded."
    )


def _recipe(data: ReportData, text: Translate) -> Iterator[Block]:
    yield Section(3, text("1.5 The recipe"))
    configs = [run.history.config for run in data.runs]
    names = tuple(run.name for run in data.runs)
    rows = settings_rows(configs, text)
    yield Grid(
        (text("Setting"), text("Name"), *names),
        tuple((row.meaning, row.key, *row.values) for row in rows),
        text("All settings of the runs. Losses are in nats per character."),
    )
    remarks = tuple(_others(data, text))
    if remarks:
        yield Remarks(remarks)


def _others(data: ReportData, text: Translate) -> Iterator[str]:
    """The models and poems besides those of the library that runs have in them."""
    for run in data.runs:
        config = run.history.config
        if config.start:
            yield text(
                "{run} started from the weights of {model}.", run=run.name, model=config.start
            )
        if config.mixed:
            words = marked("{run} also read the poems of {corpus}, all of them in every epoch.")
            if falls(config, max((each.epoch for each in run.history.steps), default=1)):
                words = marked("{run} also read the poems of {corpus}, fewer and fewer of them.")
            yield text(words, run=run.name, corpus=config.mixed)
        if config.teachers:
            yield text(
                "{run} learnt from these models (distillation): {models}.",
                run=run.name,
                models=text(", ").join(config.teachers),
            )
