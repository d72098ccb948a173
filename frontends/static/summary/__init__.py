"""``tf.summary``: numbers of a run for TensorBoard."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from .operations import *  # noqa: F403
from .writer import *  # noqa: F403


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.summary", name, globals())
