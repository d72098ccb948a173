"""From what an eager program did to the graph of it."""

from .lift import history_until, lift

__all__ = ["history_until", "lift"]
