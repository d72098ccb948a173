"""Derivatives as graph transformations."""

from .forward import jvp, push_forward
from .history import history
from .inline import inline, specialize
from .joint import Joint, joint_op
from .reverse import backpropagate, backward, gradients, vjp

__all__ = [
    "Joint",
    "backpropagate",
    "backward",
    "gradients",
    "history",
    "inline",
    "joint_op",
    "jvp",
    "push_forward",
    "specialize",
    "vjp",
]
