"""TensorFlow 1's way of writing programs: declare a graph, then run parts of it in a session.

Names and behaviour are TensorFlow 1.15's. What is not here raises an error that names it and what is near.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...compiler.later import Later
from . import compat as compat
from . import errors as errors
from .arithmetic import *  # noqa: F403
from .array_ops import *  # noqa: F403
from .casting import *  # noqa: F403
from .closing import graph_of as graph_of
from .collections import *  # noqa: F403
from .control import *  # noqa: F403
from .convert import constant as constant
from .convert import convert_to_tensor as convert_to_tensor
from .creation import *  # noqa: F403
from .dtypes import *  # noqa: F403
from .gradients import *  # noqa: F403
from .graph import *  # noqa: F403
from .initializers import *  # noqa: F403
from .linear import *  # noqa: F403
from .logic import *  # noqa: F403
from .operation import Operation as Operation
from .placeholders import *  # noqa: F403
from .platform.options import *  # noqa: F403
from .public import missing_from
from .random_ops import *  # noqa: F403
from .reduction import *  # noqa: F403
from .sequences import *  # noqa: F403
from .session import *  # noqa: F403
from .shape import *  # noqa: F403
from .tensor import Tensor as Tensor
from .variable import *  # noqa: F403
from .variable_scope import *  # noqa: F403

if TYPE_CHECKING:
    from . import contrib as contrib
    from . import layers as layers
    from . import losses as losses
    from . import metrics as metrics
    from . import nn as nn
    from . import python as python
    from . import summary as summary
    from . import train as train
    from .control_flow.branches import *  # noqa: F403
    from .control_flow.functional import *  # noqa: F403
    from .control_flow.loops import *  # noqa: F403
    from .control_flow.side_effects import *  # noqa: F403
    from .control_flow.tensor_array import *  # noqa: F403
    from .older import *  # noqa: F403
    from .platform import app as app
    from .platform import flags as flags
    from .platform import gfile as gfile
    from .platform import logging as logging

__version__ = "1.15.0"
"""The version of TensorFlow whose names and behaviour these are."""

newaxis = None

# ``import tensorflow.compat.v1 as tf`` is another way of asking for this module.
compat.__dict__["v1"] = sys.modules[f"{__name__}.compat.v1"] = sys.modules[__name__]

_later = Later(
    globals(),
    missing_from("tf"),
    modules=("contrib", "layers", "losses", "metrics", "nn", "python", "summary", "train"),
    stars=(
        ".control_flow.branches", ".control_flow.loops", ".control_flow.functional",
        ".control_flow.side_effects", ".control_flow.tensor_array", ".older",
    ),
    single={name: (f".platform.{name}", "") for name in ("app", "flags", "gfile", "logging")},
)  # fmt: skip
__getattr__, __dir__ = _later.get, _later.names
