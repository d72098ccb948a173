"""Elementary functions as vector IR: ``function(b, x)`` writes the instructions into a `Builder` and gives the result.

They work on float32 and float64, scalars and vectors of any width, within 2 units in the last place, with NumPy's
special values. float16 goes through `in_float32`.
"""

from .exponential import exp, expm1, sigmoid, tanh
from .lanes import in_float32
from .logarithm import log, log1p
from .rounding import ceil, floor, round, rsqrt, sqrt

__all__ = [
    "ceil", "exp", "expm1", "floor", "in_float32", "log", "log1p", "round", "rsqrt", "sigmoid", "sqrt", "tanh",
]  # fmt: skip
