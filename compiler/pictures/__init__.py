"""Pictures of graphs: DOT from `draw`, images from `render`, notebook display from `mimebundle`."""

from .dot import draw
from .groups import Group, Grouping
from .notebook import mimebundle
from .rendering import engine, render

__all__ = ["Group", "Grouping", "draw", "engine", "mimebundle", "render"]
