"""Pictures of graphs: DOT from `draw`, images from `render`, notebook display from `mimebundle`."""

from .dot import draw
from .engine import engine, render
from .notebook import mimebundle

__all__ = ["draw", "engine", "mimebundle", "render"]
