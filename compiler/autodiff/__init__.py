"""Derivatives as graph transformations."""

from .forward import jvp, push_forward
from .history import history
from .inline import inline, specialize
from .reverse import backpropagate, backward, gradients, vjp

__all__ = [
    "backpropagate",
    "backward",
    "gradients",
    "history",
    "inline",
    "jvp",
    "push_forward",
    "specialize",
    "vjp",
]
