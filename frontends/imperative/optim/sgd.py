"""Stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from typing import Any

from ....compiler.dispatch import Array
from ....compiler.library.optimizers import effective_gradient, momentum, sgd
from ....compiler.ops import mul
from ..tensor import Tensor
from .optimizer import Optimizer, Params
from .options import check, number

__all__ = ["SGD"]


class SGD(Optimizer):
    """``p -= lr * g``; with momentum, ``v = momentum * v + g`` and ``p -= lr * v``."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check(lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], live: list[tuple[Tensor, Array]]) -> None:
        lr, inertia, dampening = number(group["lr"]), group["momentum"], group["dampening"]
        decay, maximize = group["weight_decay"], group["maximize"]
        put = self._put
        for p, g in live:
            value: Any = p.array
            grad: Any = effective_gradient(value, g, decay, maximize) if decay or maximize else g
            if not inertia:
                put(p, sgd(value, grad, lr))
                continue
            # The first gradient counts in full.
            if dampening and "momentum_buffer" in self.state[p]:
                grad = mul(grad, 1 - dampening)
            velocity = self._slot(p, "momentum_buffer")
            value, velocity = momentum(value, grad, velocity, lr, inertia, group["nesterov"])  # type: ignore[assignment]
            put(p, value)
            put(self.state[p]["momentum_buffer"], velocity)
