"""One dispatch, several interpreters: what an operation does depends on who is listening."""

from .array import EMPTY, Array, Damaged, Origin, damage, leaf
from .building import Building
from .current import Interpreter, current, using
from .eager import EAGER, RECORDING, Eager, Recording

__all__ = [
    "EAGER",
    "EMPTY",
    "RECORDING",
    "Array",
    "Building",
    "Damaged",
    "Eager",
    "Interpreter",
    "Origin",
    "Recording",
    "current",
    "damage",
    "leaf",
    "using",
]
