"""`Guard`: whether everything that a run read is as it was, asked at every call.

The questions are written as one straight-line function over the dictionaries that the names live in: two or three
machine-level lookups for each name. Objects that names stand for are held weakly, and what lies below such an object
only as long as it lives, so a guard keeps nothing of the program's alive that the program has let go of.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from ..tensor import Tensor
from .reading import line_that_reads
from .snapshot import told

__all__ = ["Guard", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One question: ``setup`` is run, then ``fails`` is asked; ``now`` is what a message shows."""

    setup: str
    fails: str
    what: str
    name: str
    before: str
    now: str


class Guard:
    """What a run read besides its arguments.

    Attributes:
        holds: whether all of it is as it was before the run.
        mutated: what the run itself changed, in words; a run that changed anything cannot be replayed.
        steps: the questions, in order.
        scope: what they are about, under the names that they use.
        handles: the tensors that the run could read: what the program calls them, and how to get at them.
    """

    holds: Callable[[], bool]

    def __init__(self, mutated: tuple[str, ...] = (), codes: Iterable[CodeType] = ()) -> None:
        self.mutated = mutated
        self.holds = _never if mutated else self._first
        self.steps: list[Step] = []
        self.scope: dict[str, Any] = {}
        self.handles: list[tuple[str, Callable[[], Tensor | None]]] = []
        self._codes = [*codes]
        self._gone = ""

    @property
    def tensors(self) -> tuple[tuple[str, Tensor], ...]:
        """The tensors that the run could read, each with what the program calls it."""
        found = [(path, get()) for path, get in self.handles]
        return tuple((path, t) for path, t in found if t is not None)

    def differs(self) -> str:
        """What is not as it was, with the line that reads it; nothing where all is."""
        if self.mutated:
            return f"the run changed {self.mutated[0]}"
        if self._gone:
            return self._gone
        scope = dict(self.scope)
        for step in self.steps:
            try:
                exec(step.setup, scope)
                failed = eval(step.fails, scope)
            except Exception:
                failed = True
            if failed:
                return self._told(step, scope)
        return ""

    def _told(self, step: Step, scope: dict[str, Any]) -> str:
        try:
            now = told(eval(step.now, scope))
        except Exception:
            now = "nothing"
        changed = f"was {step.before}, is {now}" if now != step.before else "is another one"
        line = line_that_reads(step.name, self._codes)
        return f"{step.what} {changed}" + (f" (read at {line})" if line else "")

    def _first(self) -> bool:
        """The function is compiled when it is asked for the first time."""
        code = _compiled("\n".join(_lines(self.steps)))
        constants = tuple([self._meant(c) for c in code.co_consts])
        self.holds = FunctionType(code.replace(co_consts=constants), self.scope)
        return self.holds()  # type: ignore[no-any-return]

    def _meant(self, constant: object) -> object:
        number = constant - _BASE if type(constant) is int else -1
        return self.scope[f"k{number}"] if number >= 0 else constant

    def drop(self, what: str) -> None:
        """An object is gone: the guard can never hold again."""
        self.holds = _never
        self._gone = self._gone or f"{what} is another one, or gone"
        self.steps, self.scope, self.handles = [], {}, []


def _never() -> bool:
    return False


_BASE = 10**18
_CONSTANT = re.compile(r"\bk(\d+)\b")


def _lines(steps: Iterable[Step]) -> Iterable[str]:
    """The questions as a function. Numbers stand in the places of objects, for constants are what is read fastest."""
    yield "def holds():"
    yield "  try:"
    for step in steps:
        if step.setup:
            yield f"    {_numbered(step.setup)}"
        yield f"    if {_numbered(step.fails)}: return False"
    yield "  except Exception:"
    yield "    return False"
    yield "  return True"


def _numbered(text: str) -> str:
    if _CONSTANT.fullmatch(text):
        return text  # whether a number is zero would be decided at once
    return _CONSTANT.sub(lambda m: f"({_BASE + int(m[1])})", text)


@lru_cache(maxsize=256)
def _compiled(source: str) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # numbers have no items
        module = compile(source, "<guard>", "exec")
    return next(c for c in module.co_consts if isinstance(c, CodeType))
