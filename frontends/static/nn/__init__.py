"""``tf.nn``: the parts of networks."""

from __future__ import annotations

from typing import NoReturn

from ..arithmetic import sigmoid as sigmoid
from ..arithmetic import tanh as tanh
from ..public import missing
from ..rnn import rnn_cell as rnn_cell
from ..rnn.dynamic import *  # noqa: F403
from ..rnn.unrolled import *  # noqa: F403
from .activations import *  # noqa: F403
from .convolution import *  # noqa: F403
from .dropout import *  # noqa: F403
from .embedding import *  # noqa: F403
from .losses import *  # noqa: F403
from .normalization import *  # noqa: F403
from .pooling import *  # noqa: F403
from .ranking import *  # noqa: F403
from .sampling import *  # noqa: F403


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.nn", name, globals())
