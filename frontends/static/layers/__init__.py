"""``tf.layers``: layers that make their own variables."""

from __future__ import annotations

from typing import NoReturn

from ..public import missing
from .convolutional import *  # noqa: F403
from .core import *  # noqa: F403
from .layer import Layer as Layer
from .normalization import *  # noqa: F403
from .pooling import *  # noqa: F403


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.layers", name, globals())
