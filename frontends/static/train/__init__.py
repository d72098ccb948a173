"""``tf.train``: optimizers, schedules, averages and checkpoints."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from ..summary.writer import FileWriter
from .averages import *  # noqa: F403
from .checkpoints import *  # noqa: F403
from .optimizer import Optimizer as Optimizer
from .optimizers import *  # noqa: F403
from .saver import *  # noqa: F403
from .schedules import *  # noqa: F403
from .steps import *  # noqa: F403

SummaryWriter = FileWriter
"""Its name before TensorFlow 1."""


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.train", name, globals())
