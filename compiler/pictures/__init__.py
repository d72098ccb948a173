"""Pictures of graphs: DOT from `draw`, images from `render`, notebook display from `mimebundle`."""

from .dot import draw
from .notebook import mimebundle
from .rendering import engine, render

__all__ = ["draw", "engine", "mimebundle", "render"]
