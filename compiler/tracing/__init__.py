"""From what an eager program did to the graph of it."""

from .lift import Boundary, history_until, lift

__all__ = ["Boundary", "history_until", "lift"]
