"""Elementary functions as vector IR: ``function(b, x)`` writes the instructions into a `Builder` and gives the result.

They work on float32 and float64, scalars and vectors of any width, within 2 units in the last place, with NumPy's
special values. float16 goes through `in_float32`. `integer_pow` is the power of integers.
"""

from .error_function import erf
from .exponential import exp, expm1, sigmoid, tanh
from .inverse_tangent import arctan, arctan2
from .lanes import in_float32
from .logarithm import log, log1p
from .power import integer_pow, pow
from .rounding import ceil, floor, round, rsqrt, sqrt
from .trigonometry import cos, sin, tan

__all__ = [
    "arctan", "arctan2", "ceil", "cos", "erf", "exp", "expm1", "floor", "in_float32", "integer_pow", "log", "log1p",
    "pow", "round", "rsqrt", "sigmoid", "sin", "sqrt", "tan", "tanh",
]  # fmt: skip
