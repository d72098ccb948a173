"""Convolutions in native code: products whose one operand is read through windows, where it lies."""

from .filter_gradient import FilterGradientKernel
from .forward import ForwardKernel
from .input_gradient import InputGradientKernel
from .kernel import WindowKernel
from .lowering import channels_last
from .operands import is_straight
from .operations import CONVOLUTIONS, FILTER_GRADIENT, FORWARD, INPUT_GRADIENT

__all__ = ["CONVOLUTIONS", "KERNELS", "WindowKernel", "channels_last", "is_straight"]

KERNELS: dict[object, type[WindowKernel]] = {
    FORWARD: ForwardKernel,
    INPUT_GRADIENT: InputGradientKernel,
    FILTER_GRADIENT: FilterGradientKernel,
}
