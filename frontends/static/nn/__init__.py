"""``tf.nn``: the parts of networks."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from ..arithmetic import sigmoid as sigmoid
from ..arithmetic import tanh as tanh
from ..rnn import rnn_cell as rnn_cell
from ..rnn.unrolled import *
from .activations import *
from .convolution import *
from .dropout import *
from .embedding import *
from .losses import *
from .normalization import *
from .pooling import *
from .ranking import *
from .sampling import *


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.nn", name, globals())
