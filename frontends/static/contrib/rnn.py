"""``tf.contrib.rnn``."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from ..rnn.cells import *
from ..rnn.unrolled import *


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.contrib.rnn", name, globals())
