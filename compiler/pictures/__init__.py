"""Pictures of graphs: DOT from `draw`, images from `render`, notebook display from `mimebundle`."""

from .dot import draw
from .groups import Group, Grouping
from .notebook import difference_bundle, mimebundle
from .rendering import engine, render

__all__ = ["Group", "Grouping", "difference_bundle", "draw", "engine", "mimebundle", "render"]
