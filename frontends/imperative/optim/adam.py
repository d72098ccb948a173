"""Adam and its relatives."""

from __future__ import annotations

from typing import Any

from ....compiler.dispatch import Array
from ....compiler.ir.dtypes import BY_NUMPY
from ....compiler.library.optimizers import (
    adam_scales,
    decay_weights,
    effective_gradient,
    torch_adam,
    torch_adamax,
)
from ..tensor import Tensor
from .counting import CountingOptimizer
from .optimizer import Params
from .options import check, number

__all__ = ["Adam", "AdamW", "Adamax"]


class Adam(CountingOptimizer):
    """Steps along the average gradient over the root of the average square (arXiv:1412.6980).

    ``decoupled_weight_decay`` makes it `AdamW`; ``amsgrad`` divides by the largest average square so far.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check(lr, betas, epsilon=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], live: list[tuple[Tensor, Array]]) -> None:
        lr, (beta1, beta2) = number(group["lr"]), group["betas"]
        eps, decay, maximize = group["eps"], group["weight_decay"], group["maximize"]
        decoupled = group.get("decoupled_weight_decay", False)
        for step, part in self._counted(group, live):
            scales: dict[Any, Any] = {}
            for p, g in part:
                value: Any = p.array
                kind = value.data.dtype
                if kind not in scales:
                    scales[kind] = adam_scales(step, lr, beta1, beta2, BY_NUMPY[kind])
                grad: Any = g
                if decay and decoupled:
                    value = decay_weights(value, lr, decay)
                if maximize or (decay and not decoupled):
                    grad = effective_gradient(value, g, 0 if decoupled else decay, maximize)
                size, root = scales[kind]
                m, v = self._slot(p, "exp_avg"), self._slot(p, "exp_avg_sq")
                largest = self._slot(p, "max_exp_avg_sq") if group["amsgrad"] else None
                new, m, v, largest = torch_adam(  # type: ignore[assignment]
                    value, grad, m, v, size, root, beta1, beta2, eps, largest
                )
                slots = self.state[p]
                self._put(p, new)
                self._put(slots["exp_avg"], m)
                self._put(slots["exp_avg_sq"], v)
                if largest is not None:
                    self._put(slots["max_exp_avg_sq"], largest)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (arXiv:1711.05101)."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, **options, decoupled_weight_decay=True
        )


class Adamax(CountingOptimizer):
    """Adam with the largest decayed gradient in place of the root of the average square."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check(lr, betas, epsilon=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], live: list[tuple[Tensor, Array]]) -> None:
        lr, (beta1, beta2) = number(group["lr"]), group["betas"]
        for step, part in self._counted(group, live):
            for p, g in part:
                value: Any = p.array
                grad = effective_gradient(value, g, group["weight_decay"], group["maximize"])
                size, _ = adam_scales(step, lr, beta1, beta2, value.dtype)
                m, u = self._slot(p, "exp_avg"), self._slot(p, "exp_inf")
                new, *slots = torch_adamax(value, grad, m, u, size, beta1, beta2, group["eps"])
                self._put(p, new)
                self._put(self.state[p]["exp_avg"], slots[0])
                self._put(self.state[p]["exp_inf"], slots[1])
