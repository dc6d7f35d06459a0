"""The recurrent cells explained: equations in torch's convention, and diagrams of one step."""

from studio.model.config import Cell
from studio.report.pictures import Diagram, Equations, Node, Wire

_SIGMOID = r"\sigma"

EQUATIONS: dict[Cell, Equations] = {
    "rnn": Equations((r"h_t = \tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)",)),
    "gru": Equations(
        (
            r"r_t = \sigma(W_{xr} x_t + b_{xr} + W_{hr} h_{t-1} + b_{hr})",
            r"z_t = \sigma(W_{xz} x_t + b_{xz} + W_{hz} h_{t-1} + b_{hz})",
            r"n_t = \tanh(W_{xn} x_t + b_{xn} + r_t \odot (W_{hn} h_{t-1} + b_{hn}))",
            r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
        )
    ),
    "lstm": Equations(
        (
            r"i_t = \sigma(W_{xi} x_t + b_{xi} + W_{hi} h_{t-1} + b_{hi})",
            r"f_t = \sigma(W_{xf} x_t + b_{xf} + W_{hf} h_{t-1} + b_{hf})",
            r"g_t = \tanh(W_{xg} x_t + b_{xg} + W_{hg} h_{t-1} + b_{hg})",
            r"o_t = \sigma(W_{xo} x_t + b_{xo} + W_{ho} h_{t-1} + b_{ho})",
            r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
            r"h_t = o_t \odot \tanh(c_t)",
        )
    ),
}
# The probability of a poem, and the loss that training lowers.
LANGUAGE_MODEL = Equations(
    (
        r"P(w_1, \ldots, w_T) = \prod_{t=1}^{T} P(w_t \mid w_1, \ldots, w_{t-1})",
        r"P(w_t \mid w_1, \ldots, w_{t-1}) = \mathrm{softmax}(V h_{t-1} + b)_{w_t}",
        r"L = -\frac{1}{T} \sum_{t=1}^{T} \ln P(w_t \mid w_1, \ldots, w_{t-1}),"
        r"\qquad \mathrm{perplexity} = e^{L}",
    )
)


def _gate(x: float, y: float, label: str) -> Node:
    return Node(x, y, f"${label}$", "gate", 0.8, 0.5)


def _operation(x: float, y: float, label: str) -> Node:
    return Node(x, y, label, "operation", height=0.44)


def _joints(*places: tuple[float, float]) -> tuple[Node, ...]:
    return tuple(Node(x, y, "", "joint") for x, y in places)


def _name(x: float, y: float, label: str) -> Node:
    return Node(x, y, f"${label}$")


_RNN = Diagram(
    6.4,
    2.9,
    wires=(
        Wire(((0.9, 1.5), (2.55, 1.5))),  # h before
        Wire(((1.8, 0.6), (1.8, 1.3), (2.55, 1.3))),  # x
        Wire(((3.85, 1.5), (5.5, 1.5))),  # h
        Wire(((4.6, 1.5), (4.6, 2.4))),  # output
    ),
    nodes=(
        _name(0.5, 1.5, "h_{t-1}"),
        _name(1.8, 0.4, "x_t"),
        Node(3.2, 1.5, r"$\tanh$", "gate", 1.3, 0.8),
        _name(5.8, 1.5, "h_t"),
        _name(4.6, 2.6, "h_t"),
        *_joints((4.6, 1.5)),
    ),
)

_LSTM = Diagram(
    9.4,
    5.4,
    wires=(
        Wire(((0.9, 4.3), (8.6, 4.3))),  # the cell state
        Wire(((0.9, 1.2), (5.9, 1.2), (5.9, 1.75)), arrow=False),  # h before, with x
        Wire(((1.4, 0.5), (1.4, 1.2)), arrow=False),
        *(Wire(((x, 1.2), (x, 1.75))) for x in (2.3, 3.5, 4.7, 5.9)),
        Wire(((2.3, 2.25), (2.3, 4.08))),  # the forget gate
        Wire(((3.5, 2.25), (3.5, 3.2), (3.88, 3.2))),  # the input gate
        Wire(((4.7, 2.25), (4.7, 3.2), (4.32, 3.2))),  # the candidate
        Wire(((4.1, 3.42), (4.1, 4.08))),
        Wire(((5.9, 2.25), (5.9, 2.6), (6.98, 2.6))),  # the output gate
        Wire(((7.2, 4.3), (7.2, 3.75))),  # the new cell state
        Wire(((7.2, 3.25), (7.2, 2.82))),
        Wire(((7.2, 2.38), (7.2, 1.2), (8.6, 1.2))),  # the new state
        Wire(((7.9, 1.2), (7.9, 4.1)), arrow=False),
        Wire(((7.9, 4.5), (7.9, 4.95))),
    ),
    nodes=(
        _name(0.5, 4.3, "c_{t-1}"),
        _name(8.95, 4.3, "c_t"),
        _name(0.5, 1.2, "h_{t-1}"),
        _name(1.4, 0.3, "x_t"),
        _name(8.95, 1.2, "h_t"),
        _name(7.9, 5.15, "h_t"),
        _gate(2.3, 2.0, _SIGMOID),
        _gate(3.5, 2.0, _SIGMOID),
        _gate(4.7, 2.0, r"\tanh"),
        _gate(5.9, 2.0, _SIGMOID),
        _name(2.62, 2.75, "f_t"),
        _name(3.25, 2.75, "i_t"),
        _name(5.0, 2.75, "g_t"),
        _name(6.35, 2.85, "o_t"),
        _operation(2.3, 4.3, "×"),
        _operation(4.1, 4.3, "+"),
        _operation(4.1, 3.2, "×"),
        Node(7.2, 3.5, r"$\tanh$", "operation", height=0.5),
        _operation(7.2, 2.6, "×"),
        *_joints((1.4, 1.2), (2.3, 1.2), (3.5, 1.2), (4.7, 1.2), (7.2, 4.3), (7.9, 1.2)),
    ),
)

_GRU = Diagram(
    9.4,
    5.4,
    wires=(
        Wire(((0.9, 4.3), (8.6, 4.3))),  # the state
        Wire(((1.4, 4.3), (1.4, 1.2)), arrow=False),  # the state before, to the gates
        Wire(((1.0, 1.2), (5.9, 1.2)), arrow=False),
        Wire(((1.0, 0.5), (1.0, 1.2)), arrow=False),  # x
        *(Wire(((x, 1.2), (x, 1.75))) for x in (2.6, 3.9, 5.9)),
        Wire(((2.6, 2.25), (2.6, 3.0), (4.9, 3.0), (4.9, 2.15), (5.5, 2.15))),  # reset
        Wire(((3.9, 2.25), (3.9, 4.08))),  # update, for the state before
        Wire(((3.9, 3.5), (4.6, 3.5)), arrow=False),
        Wire(((5.1, 3.5), (5.68, 3.5))),  # 1 - z
        Wire(((5.9, 2.25), (5.9, 3.28))),  # the candidate
        Wire(((5.9, 3.72), (5.9, 4.08))),
        Wire(((7.7, 4.3), (7.7, 4.95))),
    ),
    nodes=(
        _name(0.5, 4.3, "h_{t-1}"),
        _name(1.0, 0.3, "x_t"),
        _name(8.95, 4.3, "h_t"),
        _name(7.7, 5.15, "h_t"),
        _gate(2.6, 2.0, _SIGMOID),
        _gate(3.9, 2.0, _SIGMOID),
        _gate(5.9, 2.0, r"\tanh"),
        _name(2.3, 2.6, "r_t"),
        _name(4.2, 2.6, "z_t"),
        _name(6.2, 2.6, "n_t"),
        _operation(3.9, 4.3, "×"),
        _operation(5.9, 4.3, "+"),
        _operation(5.9, 3.5, "×"),
        Node(4.85, 3.5, r"$1-$", "operation", height=0.5),
        *_joints((1.4, 4.3), (1.4, 1.2), (2.6, 1.2), (3.9, 1.2), (3.9, 3.5), (7.7, 4.3)),
    ),
)

DIAGRAMS: dict[Cell, Diagram] = {"rnn": _RNN, "gru": _GRU, "lstm": _LSTM}
