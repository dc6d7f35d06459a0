"""The GPUs of the machine, a line each: use, memory, temperature, power, and who computes."""

from collections.abc import Callable, Sequence

from rich.style import Style
from rich.text import Text

from studio.devices import GpuChoice
from studio.telemetry import Gauge
from studio.tui.training.text_panel import TextPanel
from studio.wording import printable

# Component classes for what a GPU is doing, and for a gauge near its limit.
LOAD_CLASSES = {"device--idle", "device--shared", "device--busy"}
LEVEL_CLASSES = {"device--normal", "device--high", "device--critical"}
# Cells from which a line has the power, too.
ROOMY = 36

StyleOf = Callable[[str], Style]


def gpu_line(gpu: GpuChoice, marked: bool, width: int, style_of: StyleOf) -> Text:
    """A line of at most `width` cells. The number is CUDA's; a GPU that CUDA hides has none."""
    known, load = gpu.gpu, style_of(f"device--{gpu.load}")
    label = style_of("device--label")
    number = "-" if gpu.number is None else str(gpu.number)
    line = Text(f"{'>' if marked else ' '}{number:>2}", load, no_wrap=True, end="")
    line.append(f" {_whole(known.use, '%'):>4}", load)
    memory = "-"
    if known.memory is not None and known.total_memory:
        memory = f"{_whole(known.memory / 2**30)}/{_whole(known.total_memory / 2**30)}G"
    line.append(f" {memory:>8}", _level(known.memory_gauge, style_of))
    line.append(f" {_whole(known.temperature, 'C'):>4}", _level(known.temperature_gauge, style_of))
    if width >= ROOMY:
        line.append(f" {_whole(known.power, 'W'):>5}", label)
    line.append(f" {printable(gpu.users)}", label)
    line.truncate(width, overflow="ellipsis")
    return line


def _whole(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.0f}{unit}"


def _level(gauge: Gauge | None, style_of: StyleOf) -> Style:
    return style_of(f"device--{gauge.level if gauge else 'normal'}")


class GpuList(TextPanel):
    """The GPUs that a run can be trained on; the one that it will get is marked."""

    COMPONENT_CLASSES = {"device--label"} | LOAD_CLASSES | LEVEL_CLASSES

    def __init__(self) -> None:
        super().__init__(id="gpus")
        self._gpus: Sequence[GpuChoice] = ()
        self._chosen: GpuChoice | None = None

    def show(self, gpus: Sequence[GpuChoice], chosen: GpuChoice | None) -> None:
        """Show the GPUs; mark the chosen one."""
        self._gpus, self._chosen = gpus, chosen
        self.update()

    def lines(self, width: int) -> list[Text]:
        style_of = self.get_component_rich_style
        return [gpu_line(each, each is self._chosen, width, style_of) for each in self._gpus]
