"""``tf.optimizers``: gradient descent and its variants, with TensorFlow 2's formulas."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from . import schedules as schedules
from .adaptive import Adadelta, Adagrad, Adam, AdamW, RMSprop
from .optimizer import Optimizer
from .sgd import SGD

__all__ = [
    "Adadelta", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "SGD", "schedules",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.optimizers", name, __all__)
