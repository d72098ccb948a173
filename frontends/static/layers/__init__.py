"""``tf.layers``: layers that make their own variables."""

from __future__ import annotations

from typing import NoReturn

from ...names import missing_name
from .convolutional import *
from .core import *
from .layer import Layer as Layer
from .normalization import *
from .pooling import *


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.layers", name, globals())
