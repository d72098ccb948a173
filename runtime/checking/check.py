"""`Check`: the base of what looks at a running program for one kind of fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from ...compiler.dispatch import Array
from ...compiler.errors import Place
from ...compiler.lints import Finding
from ...compiler.location import Location
from .border import Event

if TYPE_CHECKING:
    from ...compiler.ir import Attrs
    from ...compiler.ops.op import Op


class Check:
    """Looks for one kind of fault. A subclass says in its docstring what it finds, and what it does not.

    Args:
        report: what to do with a finding; may raise.
        at_once: whether faults are to be reported before they are known to matter.
    """

    name: ClassVar[str]

    def __init__(self, report: Callable[[Finding], None], at_once: bool = False) -> None:
        self._report = report
        self.at_once = at_once

    def evaluated(
        self, op: Op, inputs: Sequence[Array | float], attrs: Attrs, result: Array
    ) -> None:
        """An operation was evaluated at once."""

    def told(self, event: Event) -> None:
        """Something happened at a frontend's border, or an executable ran."""

    def finish(self) -> None:
        """The program ended without an error."""

    def report(
        self, message: str, location: Location | None, hint: str, others: Sequence[Place] = ()
    ) -> None:
        """Tell of a fault."""
        self._report(Finding(self.name, message, location, hint, tuple(others)))
