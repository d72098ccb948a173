"""All operations, by name: importing this module makes sure that every one of them is there."""

from __future__ import annotations

from . import control  # those with regions
from .ops.op import REGISTRY

__all__ = ["REGISTRY", "control"]
