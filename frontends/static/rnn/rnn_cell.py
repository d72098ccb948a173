"""``tf.nn.rnn_cell`` and the cells of ``tf.contrib.rnn``."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from .cells import *  # noqa: F403
from .wrappers import *  # noqa: F403


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.nn.rnn_cell", name, globals())
