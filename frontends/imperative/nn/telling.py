"""What modules tell those who check programs."""

from __future__ import annotations

from collections import Counter

from ....compiler.dispatch.current import current
from ....runtime.checking.border import Dropped, Repeated, tell
from ....runtime.checking.stack import calling
from . import module as module_file
from .module import Module

__all__ = ["tell_dropped", "tell_repeated"]


def tell_dropped() -> None:
    """Values are being dropped: on whose call, and whether a gradient flows."""
    learning = bool(getattr(current(), "grad", False))
    tell(Dropped(calling(module_file.__file__), learning))


def tell_repeated(container: Module) -> None:
    """Tell of the layers that a container was given several times, if they have parameters."""
    for layer, times in Counter(container._modules.values()).items():
        first = next(layer.parameters(), None) if layer is not None else None
        if times > 1 and first is not None:
            tell(
                Repeated(
                    type(container).__name__, type(layer).__name__, times, first.array.location
                )
            )
