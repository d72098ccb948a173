"""``tensorflow.python.platform``."""

from ...platform import app as app
from ...platform import flags as flags
from ...platform import gfile as gfile
