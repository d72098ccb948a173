"""Passes in a row: what a graph goes through before a backend compiles it, and an account of what they did."""

from .explaining import Explanation, Stage, explain
from .optimizing import optimize, optimized
from .passes import Cse, Dce, Hoist, Pass, Simplify, passes

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
