"""The parts of a network in words, and as a diagram."""

import re
from collections.abc import Iterator, Sequence

from studio.model.config import ModelConfig
from studio.report.pictures import Diagram, Node, Wire
from studio.report.records import Part
from studio.translation import Translate, marked

# What the tensors of a network are (studio/model/network.py); {number} counts from 1.
_PARTS = (
    (r"embedding\.weight", marked("embedding")),
    (r"above\.(\d+)\.weight", marked("projection of the line {number} above")),
    (r"condition_inputs\.numbers\.0\.weight", marked("embedding of the form")),
    (r"condition_inputs\.numbers\.(\d+)\.weight", marked("embedding of the place, part {number}")),
    (r"condition_inputs\.poets\.0\.weight", marked("embedding of the poet")),
    (r"condition_inputs\.title_weights\.0\.weight", marked("weights of a title's characters")),
    (r"condition_inputs\.titles\.0\.weight", marked("projection of the title")),
    (r"layers\.(\d+)\.weight_ih_l0", marked("layer {number}: weights of the input")),
    (r"layers\.(\d+)\.weight_hh_l0", marked("layer {number}: weights of the state")),
    (r"layers\.(\d+)\.bias_ih_l0", marked("layer {number}: biases of the input")),
    (r"layers\.(\d+)\.bias_hh_l0", marked("layer {number}: biases of the state")),
    (r"skips\.(\d+)\.weight", marked("skip connection {number} to the softmax")),
    (r"own_softmax_weight", marked("softmax: weights")),
    (r"softmax_bias", marked("softmax: biases")),
)
# The place of the layers among them.
_LAYERS = next(place for place, (pattern, _) in enumerate(_PARTS) if pattern.startswith("layers"))
_BOX, _GAP, _HEIGHT, _MIDDLE = 1.9, 0.55, 0.9, 0.6


def describe(name: str, text: Translate) -> str:
    """A tensor of a network in words; "" for one that is not known here."""
    for pattern, meaning in _PARTS:
        if found := re.fullmatch(pattern, name):
            # The first of the numbers of a place is that of the form.
            first = 0 if "numbers" in name else 1
            return text(meaning, number=int(found[1]) + first if found.groups() else 0)
    return ""


def in_order(parts: Sequence[Part]) -> list[Part]:
    """The parts in the order in which a character passes them."""
    return sorted(parts, key=lambda part: _place(part.name))


def _place(name: str) -> tuple[int, int]:
    for place, (pattern, _) in enumerate(_PARTS):
        if found := re.fullmatch(pattern, name):
            # All tensors of a layer stand together.
            group = _LAYERS if name.startswith("layers") else place
            return group, 10 * int(found[1]) + place if found.groups() else 0
    return len(_PARTS), 0


def stack(model: ModelConfig, parts: Sequence[Part], text: Translate) -> Diagram:
    """The network from a character to the probabilities of the next one."""
    shapes = {part.name: part.shape for part in parts}
    # Skip connections need room below the boxes.
    middle = _MIDDLE + 0.6 if model.skips else _MIDDLE
    vocabulary, embedding = shapes["embedding.weight"]
    boxes = [f"{text('embedding')}\n{vocabulary:,} × {embedding:,}"]
    width = embedding
    for index in range(model.layers):
        hidden = shapes[f"layers.{index}.weight_hh_l0"][1]
        inputs = shapes[f"layers.{index}.weight_ih_l0"][1]
        boxes.append(f"{model.cell.upper()} {index + 1}\n{inputs:,} → {hidden:,}")
        width = hidden
    boxes.append(f"softmax\n{width:,} → {vocabulary:,}")
    step = _BOX + _GAP
    centres = [2.0 + _BOX / 2 + step * place for place in range(len(boxes))]
    end = centres[-1] + _BOX / 2 + _GAP
    nodes = [
        Node(0.75, middle, text("character")),
        *(
            Node(x, middle, label, "layer", _BOX, _HEIGHT)
            for x, label in zip(centres, boxes, strict=True)
        ),
        Node(end + 0.95, middle, text("probabilities")),
    ]
    wires = [Wire(((1.4, middle), (centres[0] - _BOX / 2, middle)))]
    wires += [Wire(((x + _BOX / 2, middle), (x + _BOX / 2 + _GAP, middle))) for x in centres]
    recurrent = centres[1:-1]
    top = middle + _HEIGHT / 2
    for x in recurrent:
        # The state of a step is input of the next one.
        loop = ((x + 0.4, top), (x + 0.4, top + 0.35), (x - 0.4, top + 0.35), (x - 0.4, top))
        wires.append(Wire(loop))
    height = top + 0.6
    if model.skips:
        wires += _skips(centres, middle)
        nodes.append(Node((centres[0] + centres[-1]) / 2, 0.12, text("skip connections")))
    if beside := list(_inputs(model, text)):
        # Left of the loop.
        x = centres[1] - 0.65
        nodes += [Node(x, height + 0.35 * place, each) for place, each in enumerate(beside, 1)]
        wires.append(Wire(((x, height + 0.15), (x, top))))
        height += 0.25 + 0.35 * len(beside)
    return Diagram(end + 2.0, height, tuple(wires), tuple(nodes))


def _inputs(model: ModelConfig, text: Translate) -> Iterator[str]:
    """What the first layer reads beside the character, from the bottom of the diagram upwards."""
    if model.lines_above:
        yield text("characters of previous lines: {count}", count=model.lines_above)
    conditions = (
        (model.form_input, text("form")),
        (model.title_input, text("title")),
        (model.poet_input, text("poet")),
    )
    if model.has_conditions:
        yield text(", ").join(name for is_read, name in conditions if is_read)


def _skips(centres: Sequence[float], middle: float) -> list[Wire]:
    """Wires below the boxes, from the input of each layer to the softmax."""
    end, bottom = centres[-1], 0.35
    starts = [x - _BOX / 2 - _GAP / 2 for x in centres[1:-1]]
    along = Wire(((starts[0], bottom), (end, bottom), (end, middle - _HEIGHT / 2)))
    return [along, *(Wire(((x, middle), (x, bottom)), arrow=False) for x in starts)]
