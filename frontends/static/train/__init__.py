"""``tf.train``: optimizers, schedules, averages and checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....compiler.later import Later
from ..public import missing_from
from .optimizer import Optimizer as Optimizer
from .optimizers import *  # noqa: F403

if TYPE_CHECKING:
    from ..summary.writer import FileWriter as FileWriter
    from ..summary.writer import SummaryWriter as SummaryWriter
    from .averages import *  # noqa: F403
    from .checkpoints import *  # noqa: F403
    from .saver import *  # noqa: F403
    from .schedules import *  # noqa: F403
    from .steps import *  # noqa: F403

_later = Later(
    globals(),
    missing_from("tf.train"),
    stars=(".schedules", ".steps", ".averages", ".checkpoints", ".saver"),
    single={name: ("..summary.writer", name) for name in ("FileWriter", "SummaryWriter")},
)
__getattr__, __dir__ = _later.get, _later.names
