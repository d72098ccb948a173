"""Branches and loops, written as functions: `cond`, `case`, `while_loop`, `scan` and their kind."""

from .branches import *  # noqa: F403
from .functional import *  # noqa: F403
from .loops import *  # noqa: F403
from .side_effects import *  # noqa: F403
from .tensor_array import *  # noqa: F403
