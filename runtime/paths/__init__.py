"""Compiled programs whose way depends on values: trees of graphs, joined by the values that decide."""

from .gradient import Gradient
from .tree import Branch, Diverged, End, Miss, Tree

__all__ = ["Branch", "Diverged", "End", "Gradient", "Miss", "Tree"]
