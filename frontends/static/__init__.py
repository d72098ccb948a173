"""TensorFlow 1's way of writing programs: declare a graph, then run parts of it in a session.

Names and behaviour are TensorFlow 1.15's. What is not here raises an error that names it and what is near.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from . import compat as compat
from . import contrib as contrib
from . import errors as errors
from . import layers as layers
from . import losses as losses
from . import metrics as metrics
from . import nn as nn
from . import python as python
from . import summary as summary
from . import train as train
from .arithmetic import *  # noqa: F403
from .array_ops import *  # noqa: F403
from .casting import *  # noqa: F403
from .closing import graph_of as graph_of
from .collections import *  # noqa: F403
from .control import *  # noqa: F403
from .control_flow import *  # noqa: F403
from .convert import constant as constant
from .convert import convert_to_tensor as convert_to_tensor
from .creation import *  # noqa: F403
from .dtypes import *  # noqa: F403
from .gradients import *  # noqa: F403
from .graph import *  # noqa: F403
from .initializers import *  # noqa: F403
from .linear import *  # noqa: F403
from .logic import *  # noqa: F403
from .older import *  # noqa: F403
from .operation import Operation as Operation
from .placeholders import *  # noqa: F403
from .platform import app as app
from .platform import flags as flags
from .platform import gfile as gfile
from .platform import logging as logging
from .platform.options import *  # noqa: F403
from .public import missing
from .random_ops import *  # noqa: F403
from .reduction import *  # noqa: F403
from .sequences import *  # noqa: F403
from .session import *  # noqa: F403
from .shape import *  # noqa: F403
from .tensor import Tensor as Tensor
from .variable import *  # noqa: F403
from .variable_scope import *  # noqa: F403

__version__ = "1.15.0"
"""The version of TensorFlow whose names and behaviour these are."""

newaxis = None

# ``import tensorflow.compat.v1 as tf`` is another way of asking for this module.
compat.__dict__["v1"] = sys.modules[f"{__name__}.compat.v1"] = sys.modules[__name__]


def __getattr__(name: str) -> NoReturn:
    raise missing("tf", name, globals())
