"""``tf.train``: optimizers, schedules, averages and checkpoints."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from .optimizer import Optimizer as Optimizer
from .optimizers import *


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.train", name, globals())
