"""What code is written for, and what its function is called: what must be known of code that the cache has."""

from __future__ import annotations

from dataclasses import dataclass

from .products import Tiling

NAME = "run"
"""The function of a module that runs the whole graph."""


@dataclass(frozen=True, slots=True)
class Target:
    """What code is written for.

    Attributes:
        vector_bytes: the width of a vector register.
        tiling: how matrix products are cut.
    """

    vector_bytes: int
    tiling: Tiling
