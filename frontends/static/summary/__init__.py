"""``tf.summary``: numbers of a run for TensorBoard."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from .operations import *
from .writer import *


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.summary", name, globals())
