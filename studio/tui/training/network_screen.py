"""Inside a network: its gates over a poem as a heat map, its weights and gradients."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from studio.translation import marked, tr
from studio.tui.widgets.modal import Modal
from studio.verse.network_reading import GateReading, Histogram, NetworkReading
from studio.wording import figure, printable, sparkline

# Cells of the names on the left, and of a character of the poem.
LEFT, CELL = 20, 2
GATES = {
    "input": marked("input"),
    "forget": marked("forget"),
    "output": marked("output"),
    "reset": marked("reset"),
    "update": marked("update"),
    "activation": marked("activation"),
}


class NetworkScreen(Modal[None]):
    """A row for each gate and unit, a column for each character; below, the tensors."""

    AUTO_FOCUS = "#network-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,h", "dismiss", marked("Close"), id="network.close"),
    ]

    def __init__(self, reading: NetworkReading, plain: bool = False) -> None:
        super().__init__()
        self._reading, self._plain = reading, plain

    def compose(self) -> ComposeResult:
        with Vertical(id="network") as frame:
            self._write_title(frame)
            with VerticalScroll(id="network-text"):
                yield Static(id="network-lines")

    def say_again(self) -> None:
        """Draw all of it in the language of now."""
        self._write_title(self.query_one("#network"))
        self._draw()

    def _write_title(self, frame: Widget) -> None:
        frame.border_title = Text(tr("Inside {model}", model=printable(self._reading.model)))
        frame.border_subtitle = tr("Escape closes")

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self.query_one("#network-text").scrollable_content_region.width
        variables = self.app.theme_variables
        low, high = (Color.parse(variables[role]) for role in ("surface", "series-1"))
        lines = [
            *gate_lines(self._reading, width, (low, high)),
            *tensor_lines(self._reading, width, self._plain),
        ]
        self.query_one("#network-lines", Static).update(Text("\n").join(lines))


def gate_lines(reading: NetworkReading, width: int, shades: tuple[Color, Color]) -> Iterator[Text]:
    """The gates under the characters; a text that is too long continues below.

    Each cell has a digit from 0 (closed) to 9 (open), so that colours are not needed to read it.
    """
    if any(each.gate == "activation" for each in reading.gates):
        yield Text(tr("The activation of each layer: 0 is -1, 9 is +1."), "dim")
    else:
        yield Text(tr("How far each gate is open: 0 is closed, 9 is open."), "dim")
    yield Text(tr("First the mean of a layer, then the units that vary most."), "dim")
    room = max(1, (width - LEFT) // CELL)
    for start in range(0, len(reading.text), room):
        part = slice(start, start + room)
        yield Text()
        yield Text(" " * LEFT + printable(reading.text[part]), "bold")
        for gate in reading.gates:
            name = tr("layer {layer} {gate}", layer=gate.layer, gate=tr(GATES[gate.gate]))
            yield _row(name, gate, gate.mean[part], shades)
            for unit, values in gate.units:
                yield _row(tr("  unit {unit}", unit=unit), gate, values[part], shades)


def _row(
    name: str, gate: GateReading, values: Sequence[float], shades: tuple[Color, Color]
) -> Text:
    line = Text(set_cell_size(name, LEFT), end="")
    low, high = shades
    for value in values:
        share = (value + 1) / 2 if gate.gate == "activation" else value
        shade = low.blend(high, share)
        style = Style(bgcolor=shade.hex6, color=shade.get_contrast_text(0.9).rich_color)
        line.append(f"{min(9, int(share * 10))} ", style)
    return line


def tensor_lines(reading: NetworkReading, width: int, plain: bool) -> Iterator[Text]:
    """How the weights of each tensor are spread, and their gradients while it trains."""
    trains = any(each.gradients for each in reading.tensors)
    yield Text()
    heading = tr("Weights, and gradients of the last step") if trains else tr("Weights")
    yield Text(heading, "bold")
    names = max(len(each.name) for each in reading.tensors)
    for each in reading.tensors:
        yield _spread(f"{each.name:<{names}}", each.weights, width, plain)
        if each.gradients:
            yield _spread(set_cell_size(tr("  gradients"), names), each.gradients, width, plain)


def _spread(name: str, histogram: Histogram, width: int, plain: bool) -> Text:
    room = max(1, width - cell_len(name) - 22)
    bars = sparkline(histogram.counts, min(room, len(histogram.counts)), low=0, plain=plain)
    low, high = figure(histogram.low, 3), figure(histogram.high, 3)
    return Text(f"{name} {low:>9} {bars} {high}", no_wrap=True, overflow="ellipsis")
