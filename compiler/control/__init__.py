"""Control flow: operations with regions, and the functions that write them.

Under an interpreter that evaluates at once they are what they stand for: Python's ``if``, ``while`` and ``for``.
"""

from ..ops import REGISTRY  # whole, now that the operations with regions are in it
from .cond import COND, cond, make_cond
from .regions import Region, Traced, trace
from .roles import Roles, roles
from .scan import SCAN, make_scan, scan
from .while_loop import WHILE, fresh_size, make_while, while_loop

__all__ = [
    "COND",
    "REGISTRY",
    "SCAN",
    "WHILE",
    "Region",
    "Roles",
    "Traced",
    "cond",
    "fresh_size",
    "make_cond",
    "make_scan",
    "make_while",
    "roles",
    "scan",
    "trace",
    "while_loop",
]
