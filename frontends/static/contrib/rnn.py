"""``tf.contrib.rnn``."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from ..rnn.cells import *  # noqa: F403
from ..rnn.dynamic import *  # noqa: F403
from ..rnn.unrolled import *  # noqa: F403
from ..rnn.wrappers import *  # noqa: F403


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.contrib.rnn", name, globals())
