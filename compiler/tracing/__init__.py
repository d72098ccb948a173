"""From what an eager program did to the graph of it, or to the path that it took."""

from .lift import Boundary, history_until, lift
from .log import Event, Pulled, Seen
from .path import Check, Path
from .pullbacks import PULLBACK, expand_pullbacks, pullback
from .unfold import Start, outsiders, unfold

__all__ = [
    "PULLBACK",
    "Boundary",
    "Check",
    "Event",
    "Path",
    "Pulled",
    "Seen",
    "Start",
    "expand_pullbacks",
    "history_until",
    "lift",
    "outsiders",
    "pullback",
    "unfold",
]
