"""One path for every size, from runs of a program at several sizes."""

from .conditions import Condition
from .covering import covers, extend
from .family import Family, Member, Run
from .general import Doubt, General
from .generalize import generalize
from .licence import Licence
from .observed import Compared, Hint, Observed, Pinned
from .refusal import Refusal

__all__ = [
    "Compared",
    "Condition",
    "Doubt",
    "Family",
    "General",
    "Hint",
    "Licence",
    "Member",
    "Observed",
    "Pinned",
    "Refusal",
    "Run",
    "covers",
    "extend",
    "generalize",
]
