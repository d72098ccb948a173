"""Keeping gradients from growing too large."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from .....compiler import library
from .....compiler.errors import GradientError
from .....compiler.ops import clip
from ...creation import tensor as new_tensor
from ...grad_mode import no_grad
from ...tensor import Tensor, wrap
from ...writing import write

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "get_total_norm"]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in given if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors' elements together."""
    given = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not given:
        return new_tensor(0.0)
    with no_grad():
        total = wrap(library.global_norm([t.array for t in given], float(norm_type)))  # type: ignore[arg-type]
    _require_finite(total, norm_type, error_if_nonfinite)
    return total


def _require_finite(total: Tensor, norm_type: float, wanted: bool) -> None:
    if wanted and not float(total) - float(total) == 0:
        raise GradientError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so "
            "it cannot be clipped. To disable this error and scale the gradients by the non-finite "
            "norm anyway, set `error_if_nonfinite=False`"
        )


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients down together, so that their common norm is at most ``max_norm``.

    Returns:
        The norm before.

    Raises:
        GradientError: ``error_if_nonfinite`` and the norm is infinite or NaN.
    """
    gradients = _gradients(parameters)
    if not gradients:
        return new_tensor(0.0)
    with no_grad():
        values: Any = [g.array for g in gradients]
        # What PyTorch adds to the norm lest it divide by zero.
        clipped, size = library.clip_by_global_norm(values, float(max_norm), float(norm_type), 1e-6)
        total = wrap(size)  # type: ignore[arg-type]
        _require_finite(total, norm_type, error_if_nonfinite)
        for g, value in zip(gradients, clipped, strict=True):
            write(g, value, "clip_grad_norm_")  # type: ignore[arg-type]
    return total


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The old name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
        "`torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Hold every element of every gradient between ``-clip_value`` and ``clip_value``."""
    limit = float(clip_value)
    with no_grad():
        for g in _gradients(parameters):
            write(g, clip(g.array, -limit, limit), "clip_grad_value_")  # type: ignore[arg-type]
