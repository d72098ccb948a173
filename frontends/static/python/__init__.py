"""``tensorflow.python``: the few of TensorFlow's own modules that scripts import."""

from . import framework as framework
from . import platform as platform
