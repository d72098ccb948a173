"""Looks at values that were settled before the program began.

``error = tensor(1.0)``, ``while error > tolerance``: the first look is at a constant, and says nothing about another
run. But it is the look of a loop's first iteration, and without it the loop would seem to begin with its second.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir import Value
from ..tracing.path import Path

__all__ = ["without_settled"]


def without_settled(path: Path) -> Path:
    """The path without its looks at values that depend on no input and no state; itself where it has none."""
    varying: set[Value] = {*path.inputs, *(s.input for s in path.states)}
    for node in path.nodes:
        if not varying.isdisjoint(node.inputs):
            varying.update(node.outputs)
    checks = tuple([c for c in path.checks if c.value in varying])
    return path if len(checks) == len(path.checks) else replace(path, checks=checks)
