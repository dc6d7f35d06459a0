"""Muon: steps along the orthogonalised momentum of matrices, and AdamW for the rest.

Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".
"""

from typing import Any

import torch
from torch import Tensor

MOMENTUM = 0.95
# AdamW's rate for what is no matrix of a layer, as a share of Muon's: 0.004 beside 0.02.
ADAMW_SHARE = 0.2
# The coefficients of the iteration: five of them bring all singular values near 1.
_COEFFICIENTS, _TIMES = (3.4445, -4.7750, 2.0315), 5


class Muon(torch.optim.AdamW):
    """AdamW, but for groups that have `gates`: these are matrices for Muon.

    The gates of a recurrent layer lie one under the other in its matrix, `gates` of them. Each one
    is orthogonalised by itself.
    """

    def __init__(
        self, groups: list[dict[str, Any]], precision: torch.dtype, capturable: bool
    ) -> None:
        """Each group has its own `lr`; `precision` is that of the products."""
        self._precision = precision
        super().__init__(groups, fused=True, capturable=capturable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # AdamW's own converts what old versions of torch have saved, and expects its own names.
        torch.optim.Optimizer.__setstate__(self, state)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Take a step."""
        gradients: list[tuple[Tensor, Tensor | None]] = []
        for group in self.param_groups:
            if "gates" in group:
                for matrix in group["params"]:
                    self._step_matrix(matrix, group)
                    gradients.append((matrix, matrix.grad))
                    # AdamW leaves parameters without gradients alone.
                    matrix.grad = None
        result = super().step(closure)
        # A look inside the network shows them.
        for matrix, gradient in gradients:
            matrix.grad = gradient
        return result

    def _step_matrix(self, matrix: Tensor, group: dict[str, Any]) -> None:
        gradient, state = matrix.grad, self.state[matrix]
        if gradient is None:
            return
        if not state:
            state["momentum"] = torch.zeros_like(matrix)
        momentum = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        direction = gradient.lerp(momentum, MOMENTUM)  # Nesterov's
        gates = direction.view(group["gates"], -1, matrix.shape[1])
        update = orthogonalised(gates.to(self._precision)).to(matrix.dtype).view_as(matrix)
        # So the mean square of the entries does not depend on the shape.
        scale = max(1.0, gates.shape[1] / gates.shape[2]) ** 0.5
        rate = group["lr"]
        matrix.mul_(1 - rate * group["weight_decay"]).sub_(update.mul_(rate * scale))


def orthogonalised(matrices: Tensor) -> Tensor:
    """Matrices (number, rows, columns) with the same singular vectors, whose values are near 1.

    A Newton-Schulz iteration of degree five.
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x: Tensor = matrices.mT if tall else matrices
    # Singular values must not be above 1; a matrix of zeros stays one.
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(_TIMES):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x
