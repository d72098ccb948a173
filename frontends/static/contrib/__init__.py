"""``tf.contrib``: the parts of it that scripts use most."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from . import framework as framework
from . import layers as layers
from . import rnn as rnn


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.contrib", name, globals())
