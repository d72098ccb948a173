"""TensorFlow 2's way of writing programs: values at once, gradients by tapes, graphs by tracing functions.

Names and behaviour are TensorFlow 2.15's. What is not here raises an error that names it and what is near.
"""

from __future__ import annotations

import builtins
from typing import NoReturn

from ..names import missing_name
from ..static import errors as errors
from ..static.dtypes import *  # noqa: F403
from ..static.dtypes import DType as DType
from ..static.dtypes import as_dtype as as_dtype
from . import debugging as debugging
from . import linalg as linalg
from . import math as math
from . import nest as nest
from . import nn as nn
from . import optimizers as optimizers
from . import random as random
from .arrays import *  # noqa: F403
from .control import *  # noqa: F403
from .custom import custom_gradient as custom_gradient
from .debugging import Assert as Assert
from .debugging import print as print
from .function import Function as Function
from .function import function as function
from .mathematics import *  # noqa: F403
from .module import Module as Module
from .shape import TensorShape as TensorShape
from .spec import TensorSpec as TensorSpec
from .tape import GradientTape as GradientTape
from .tape import UnconnectedGradients as UnconnectedGradients
from .tensor import EagerTensor
from .tensor_array import TensorArray as TensorArray
from .variable import Variable as Variable

__version__ = "2.15.0"
"""The version of TensorFlow whose names and behaviour these are."""

Tensor = EagerTensor
newaxis = None
_bool = builtins.bool


def executing_eagerly() -> _bool:
    """Always true: a function that is traced computes, too."""
    return True


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf", name, globals())
