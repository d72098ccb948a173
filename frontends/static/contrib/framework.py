"""``tf.contrib.framework``: the global step and collections of variables."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from ..train.steps import create_global_step as create_global_step
from ..train.steps import get_global_step as get_global_step
from ..train.steps import get_or_create_global_step as get_or_create_global_step
from ..variable import global_variables as get_variables
from ..variable import model_variables as get_model_variables
from ..variable import trainable_variables as get_trainable_variables
from . import nest as nest

__all__ = [
    "create_global_step", "get_global_step", "get_model_variables", "get_or_create_global_step",
    "get_trainable_variables", "get_variables",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.contrib.framework", name, globals())
