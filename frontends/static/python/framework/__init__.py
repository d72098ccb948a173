"""``tensorflow.python.framework``."""

from . import ops as ops
