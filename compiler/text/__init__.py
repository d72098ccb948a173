"""The text IR: a graph as text that people read and `parse` reads back to the same graph."""

from .parser import parse
from .printer import print_graph

__all__ = ["parse", "print_graph"]
