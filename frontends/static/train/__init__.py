"""``tf.train``: optimizers, schedules, averages and checkpoints."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from ..summary.writer import FileWriter as SummaryWriter
from .averages import *
from .checkpoints import *
from .optimizer import Optimizer as Optimizer
from .optimizers import *
from .saver import *
from .schedules import *
from .steps import *


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.train", name, globals())
