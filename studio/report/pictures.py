"""Pictures of a report, described without drawing them: charts, diagrams, equations."""

from typing import Literal

import msgspec

Shape = Literal["gate", "operation", "layer", "joint", "plain"]


class ChartLine(msgspec.Struct, frozen=True):
    """A line of a chart: its name, its points, and which colour it has.

    `faint`: drawn thinly, behind the others. `dashed` lines and faint ones are not in the legend.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: int
    faint: bool = False
    dashed: bool = False


class Chart(msgspec.Struct, frozen=True):
    """A chart with its axes' names. `by_step`: steps are along x, and those are whole numbers."""

    title: str
    x_title: str
    y_title: str
    lines: tuple[ChartLine, ...]
    logarithmic: bool = False
    from_zero: bool = False
    by_step: bool = False


class Charts(msgspec.Struct, frozen=True):
    """Charts side by side, in rows of `columns`, with one legend."""

    charts: tuple[Chart, ...]
    columns: int = 2


class Node(msgspec.Struct, frozen=True):
    """A labelled shape with its centre at (x, y); a label may have mathematics between $."""

    x: float
    y: float
    label: str
    shape: Shape = "plain"
    width: float = 0.8
    height: float = 0.5


class Wire(msgspec.Struct, frozen=True):
    """A line through points, with an arrowhead at its end if `arrow`."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = True


class Diagram(msgspec.Struct, frozen=True):
    """Nodes on wires, on a sheet of that size; y counts upwards."""

    width: float
    height: float
    wires: tuple[Wire, ...]
    nodes: tuple[Node, ...]


class Equations(msgspec.Struct, frozen=True):
    """Lines of mathematics in TeX, without the dollars."""

    lines: tuple[str, ...]


Drawing = Charts | Diagram | Equations
