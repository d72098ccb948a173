"""Convolutions and poolings in native code: windows that are read where they lie, channels last."""

from .filter_gradient import FilterGradientKernel
from .forward import ForwardKernel
from .input_gradient import InputGradientKernel
from .kernel import WindowKernel
from .lowering import channels_last
from .operands import is_straight
from .operations import (
    FILTER_GRADIENT,
    FORWARD,
    INPUT_GRADIENT,
    MAXIMA,
    PLACES,
    SPREAD,
    SUMS,
    TO_MAXIMA,
    WINDOWED,
)
from .pooling import PoolKernel, UnpoolKernel

__all__ = ["KERNELS", "WINDOWED", "WindowKernel", "channels_last", "is_straight"]

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
