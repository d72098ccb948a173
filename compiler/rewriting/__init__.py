"""Rewriting: rules as data, one driver, and a history of what fired where.

The rules are read when they are first used.
"""

from functools import cache

from .driver import BUDGET, RewriteLoop, Table, rewrite
from .history import Entry, History
from .rule import RULES, Of, Rule, rewrites, rule

__all__ = [
    "BUDGET",
    "RULES",
    "Entry",
    "History",
    "Of",
    "RewriteLoop",
    "Rule",
    "Table",
    "all_rules",
    "rewrite",
    "rewrites",
    "rule",
    "table",
]


def all_rules() -> list[Rule]:
    """Every rule, in the order in which they are tried."""
    from . import rules as rules

    return list(RULES.values())


@cache
def table(rounding: bool = False) -> Table:
    """The rules that keep every bit; with ``rounding`` also those that do not."""
    return Table(r for r in all_rules() if rounding or not r.rounds)
