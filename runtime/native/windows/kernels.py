"""Which kernel writes the code of which operation."""

from __future__ import annotations

from .filter_gradient import FilterGradientKernel
from .forward import ForwardKernel
from .input_gradient import InputGradientKernel
from .kernel import WindowKernel
from .operations import (
    FILTER_GRADIENT,
    FORWARD,
    INPUT_GRADIENT,
    MAXIMA,
    PLACES,
    SPREAD,
    SUMS,
    TO_MAXIMA,
)
from .pooling import PoolKernel, UnpoolKernel

__all__ = ["KERNELS"]

KERNELS: dict[object, type[WindowKernel]] = {
    FORWARD: ForwardKernel,
    INPUT_GRADIENT: InputGradientKernel,
    FILTER_GRADIENT: FilterGradientKernel,
    MAXIMA: PoolKernel,
    PLACES: PoolKernel,
    SUMS: PoolKernel,
    SPREAD: UnpoolKernel,
    TO_MAXIMA: UnpoolKernel,
}
