"""Derivatives as graph transformations."""

from .forward import jvp, push_forward
from .history import history
from .inline import inline, specialize
from .joint import Joint, joint_op
from .reverse import backpropagate, backpropagate_until, backward, gradients, vjp

__all__ = [
    "Joint",
    "backpropagate",
    "backpropagate_until",
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
