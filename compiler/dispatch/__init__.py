"""One dispatch, several interpreters: what an operation does depends on who is listening."""

from .array import BIRTHS, EMPTY, Array, Damaged, Look, Origin, damage, leaf
from .building import Building
from .current import Interpreter, current, using
from .eager import EAGER, RECORDING, Eager, Recording, plain

__all__ = [
    "BIRTHS",
    "EAGER",
    "EMPTY",
    "RECORDING",
    "Array",
    "Building",
    "Damaged",
    "Eager",
    "Interpreter",
    "Look",
    "Origin",
    "Recording",
    "current",
    "damage",
    "leaf",
    "plain",
    "using",
]
