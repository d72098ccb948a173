"""Compiled programs whose way depends on values: trees of graphs, joined by the values that decide."""

from .branch import Branch, Diverged, End, Miss
from .gradient import Gradient
from .tree import Tree

__all__ = ["Branch", "Diverged", "End", "Gradient", "Miss", "Tree"]
