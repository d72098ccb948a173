"""Histories that are carried on, or kept, from step to step."""

from __future__ import annotations

import ast
import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from ...compiler.dispatch import Array
from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from ...compiler.source import tree_of
from .border import Event, Pulled, Stepping
from .check import Check
from .stack import user_frames

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op

CARRIED = 5
"""Through how many steps of an optimizer a history must have been carried on."""
KEPT = 10
"""How many differentiated losses of earlier steps a container must hold."""


class Histories(Check):
    """Values that keep the history of more and more steps alive.

    Found: a running value (``average = 0.9 * average + 0.1 * loss``) that is computed from itself through several steps
    of an optimizer; a list or a dictionary in which differentiated losses pile up. Memory and time grow with both.
    Not found: what was detached, or made a number with ``item()``, before it was kept.
    """

    name = "kept-history"

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        super().__init__(report, at_once)
        self._step = 0
        self._carried: WeakKeyDictionary[Array, tuple[int, int]] = WeakKeyDictionary()
        self._roots: list[ref[Array]] = []

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        if not self._step or not result.tracked or result.op is None:
            return
        through = 0
        for operand in inputs:
            if isinstance(operand, Array) and operand.op is not None:
                step, before = self._carried.get(operand, (self._step, 0))
                through = max(through, before + (step < self._step))
        self._carried[result] = self._step, through
        if through >= CARRIED:
            self.report(
                f"this value is computed from itself, with its history, through {through} steps of the optimizer",
                result.location,
                "add the number alone: loss.item(), or loss.detach()",
            )

    def told(self, event: Event) -> None:
        if isinstance(event, Pulled):
            self._roots += [ref(root) for root in event.roots]
        elif isinstance(event, Stepping):
            self._step += 1
            self._look_at_roots()

    def _look_at_roots(self) -> None:
        alive = [root for r in self._roots if (root := r()) is not None and root.op is not None]
        self._roots = [ref(root) for root in alive]
        if len(alive) <= KEPT or len(alive) % KEPT != 1:
            return
        holder = _holder(alive[0])
        if holder is None:
            return
        name, frame = holder
        filled = next(_filling(frame, name), None)
        loss = alive[-1].location
        self.report(
            f"{name!r} holds {len(alive) - 1} losses with the whole history of each",
            filled or loss,
            "keep the number alone: loss.item(), or loss.detach()",
            [Place("such a loss is made here", loss)] if filled is not None else [],
        )


def _holder(array: Array) -> tuple[str, FrameType] | None:
    """The name of the container of the user's that a value is in, and a frame that knows it by that name."""
    # Only tensors of the house are asked: what a program's own objects do when they are asked is theirs to say.
    owners = [t for t in gc.get_referrers(array) if type(t).__module__.startswith("bifront.")]
    tensors = [t for t in owners if getattr(t, "array", None) is array]
    for tensor in tensors:
        holders = [h for h in gc.get_referrers(tensor) if isinstance(h, (list, dict, deque))]
        for frame in user_frames():
            for names in (frame.f_locals, frame.f_globals):
                for name, value in names.items():
                    if any(value is h for h in holders) and value is not names:
                        return name, frame
    return None


def _filling(frame: FrameType, name: str) -> Iterator[Location]:
    """Lines of the frame's file that put something into a container of this name."""
    tree = tree_of(frame.f_code.co_filename)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target: ast.AST = node.func.value if node.func.attr in _ADDING else node.func
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0].value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and target.id == name:
            yield Location.at(
                frame.f_code.co_filename, node.lineno, node.col_offset + 1, (node.end_col_offset or 0) + 1
            )  # fmt: skip


_ADDING = ("append", "add", "insert", "extend", "appendleft", "setdefault", "update")
