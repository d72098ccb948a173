"""``tf.nn``: the parts of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....compiler.later import Later
from ..arithmetic import sigmoid as sigmoid
from ..arithmetic import tanh as tanh
from ..public import missing_from
from .activations import *  # noqa: F403
from .convolution import *  # noqa: F403
from .dropout import *  # noqa: F403
from .losses import *  # noqa: F403

if TYPE_CHECKING:
    from ..rnn import rnn_cell as rnn_cell
    from ..rnn.dynamic import *  # noqa: F403
    from ..rnn.unrolled import *  # noqa: F403
    from .embedding import *  # noqa: F403
    from .normalization import *  # noqa: F403
    from .pooling import *  # noqa: F403
    from .ranking import *  # noqa: F403
    from .sampling import *  # noqa: F403

_later = Later(
    globals(),
    missing_from("tf.nn"),
    stars=(
        ".embedding", ".normalization", ".pooling", ".ranking", ".sampling",
        "..rnn.dynamic", "..rnn.unrolled",
    ),
    single={"rnn_cell": ("..rnn.rnn_cell", "")},
)  # fmt: skip
__getattr__, __dir__ = _later.get, _later.names
