"""erf in kernels: the fits of `compiler.ops.error_function`, with fused multiplications and additions."""

from __future__ import annotations

from ....compiler.ops.error_function import DOUBLE as FIT_DOUBLE
from ....compiler.ops.error_function import SINGLE as FIT_SINGLE
from ..emit import Builder, Operand
from . import intervals
from .exponential import exp_normal
from .instructions import usable
from .lanes import SINGLE, absolute, at_most, copysign, format_of, horner, like

__all__ = ["erf"]


def erf(b: Builder, x: Operand) -> Operand:
    if usable(b, x):
        return intervals.erf(b, x)
    fit = FIT_SINGLE if format_of(x) is SINGLE else FIT_DOUBLE
    size = absolute(b, x)
    square = b.mul(size, size)
    near = b.fma(size, horner(b, square, fit.near), size)
    # Where the fits of log erfc end, erf is 1 to the last place.
    beyond = b.sub(at_most(b, size, fit.end), like(x, 1))
    tail = exp_normal(b, horner(b, beyond, fit.far))
    far = b.sub(like(x, 1), tail)
    return copysign(b, b.select(b.compare("olt", size, like(x, 1)), near, far), x)
