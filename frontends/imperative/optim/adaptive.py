"""Optimizers that divide each gradient by the size of those before: RMSprop, Adagrad, Adadelta."""

from __future__ import annotations

from typing import Any

from ....compiler.dispatch import Array
from ....compiler.library.optimizers import (
    adadelta,
    effective_gradient,
    torch_adagrad,
    torch_adagrad_rate,
    torch_rmsprop,
)
from ..tensor import Tensor
from .counting import CountingOptimizer
from .optimizer import Params
from .options import check, number

__all__ = ["Adadelta", "Adagrad", "RMSprop"]

Live = list[tuple[Tensor, Array]]


class RMSprop(CountingOptimizer):
    """Divides by the root of a moving average of squares; with momentum and centering if asked."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check(lr, epsilon=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], live: Live) -> None:
        lr, inertia = number(group["lr"]), group["momentum"]
        for _, part in self._counted(group, live):
            for p, g in part:
                grad = effective_gradient(p.array, g, group["weight_decay"], group["maximize"])
                names = ["square_avg", "momentum_buffer", "grad_avg"]
                used = [True, inertia > 0, group["centered"]]
                ms, velocity, mg = [
                    self._slot(p, name) if use else None
                    for name, use in zip(names, used, strict=True)
                ]
                assert ms is not None
                new, *slots = torch_rmsprop(
                    p.array, grad, ms, lr, group["alpha"], group["eps"], velocity, inertia, mg
                )
                self._put(p, new)
                for name, slot in zip(names, slots, strict=True):
                    if slot is not None:
                        self._put(self.state[p][name], slot)


class Adagrad(CountingOptimizer):
    """Divides by the root of the sum of all squares."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check(
            lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            epsilon=eps,
        )
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], live: Live) -> None:
        lr = number(group["lr"])
        for step, part in self._counted(group, live):
            for p, g in part:
                grad = effective_gradient(p.array, g, group["weight_decay"], group["maximize"])
                total = self._slot(p, "sum", group["initial_accumulator_value"])
                rate = torch_adagrad_rate(step, lr, group["lr_decay"], p.array.dtype)
                new, total = torch_adagrad(p.array, grad, total, rate, group["eps"])  # type: ignore[assignment]
                self._put(p, new)
                self._put(self.state[p]["sum"], total)


class Adadelta(CountingOptimizer):
    """Scales steps by the root of the average square of the steps before (arXiv:1212.5701)."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check(lr, epsilon=eps, weight_decay=weight_decay)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: dict[str, Any], live: Live) -> None:
        lr = number(group["lr"])
        for _, part in self._counted(group, live):
            for p, g in part:
                grad = effective_gradient(p.array, g, group["weight_decay"], group["maximize"])
                total, moved = self._slot(p, "square_avg"), self._slot(p, "acc_delta")
                new, *slots = adadelta(p.array, grad, total, moved, lr, group["rho"], group["eps"])
                self._put(p, new)
                self._put(self.state[p]["square_avg"], slots[0])
                self._put(self.state[p]["acc_delta"], slots[1])
