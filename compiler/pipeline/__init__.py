"""Passes in a row: what a graph goes through before a backend compiles it, and an account of what they did."""

from typing import TYPE_CHECKING

from ..later import Later
from .optimizing import optimize, optimized
from .passes import Cse, Dce, Hoist, Pass, Simplify, passes

if TYPE_CHECKING:
    from .explaining import Explanation as Explanation
    from .explaining import Stage as Stage
    from .explaining import explain as explain

__all__ = [
    "Cse",
    "Dce",
    "Explanation",
    "Hoist",
    "Pass",
    "Simplify",
    "Stage",
    "explain",
    "optimize",
    "optimized",
    "passes",
]

# Whoever compiles asks for no account of it.
_later = Later(
    globals(), single={name: (".explaining", name) for name in ("Explanation", "Stage", "explain")}
)
__getattr__, __dir__ = _later.get, _later.names
