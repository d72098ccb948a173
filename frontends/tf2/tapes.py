"""The tapes that are open, and what each of them has.

A tape has the values that it watches and those that were computed from one of them while it was open. An operation is
remembered if an open tape has one of its operands: values alone keep no history, so that a loss that a program keeps
does not keep the step that it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from weakref import WeakSet

from ...compiler.dispatch import Array, Origin
from ..imperative.grad_mode import capturing

__all__ = ["Tape", "alone", "joined", "open_tapes", "recording"]

_open: ContextVar[tuple[Tape, ...]] = ContextVar("bifront_tapes", default=())
open_tapes = _open.get
_alive: WeakSet[Tape] = WeakSet()


def recording(operands: Iterable[Array]) -> Sequence[Tape]:
    """The open tapes that have one of the values."""
    tapes = _open.get()
    if not tapes:
        return ()
    given = list(operands)
    return [tape for tape in tapes if any(a in tape.values for a in given)]


class Tape:
    """What was computed from watched values.

    Attributes:
        values: what it has.
        foreign: operands of what it has which it does not have itself, though gradients flow through them for another
            tape's sake.
        reads: the values that variables had when they were read, by what stands for the variable.
        accessed: whether reading a trainable variable watches it; others are watched when they are in `reads`.
    """

    __slots__ = ("__weakref__", "_marked", "accessed", "foreign", "reads", "values")

    def __init__(self, accessed: bool) -> None:
        self.values: set[Array] = set()
        self.foreign: set[Array] = set()
        self.reads: dict[Origin, list[Array]] = {}
        self.accessed = accessed
        self._marked: list[Array] = []
        _alive.add(self)

    def open(self) -> None:
        _open.set((*_open.get(), self))

    def close(self) -> None:
        _open.set(tuple(t for t in _open.get() if t is not self))

    def watch(self, array: Array) -> None:
        if not array.tracked:
            array.tracked = True
            self._marked.append(array)
        self.values.add(array)

    def read(self, origin: Origin, array: Array, trainable: bool) -> None:
        """A variable was read."""
        known = self.reads.get(origin)
        if known is None:
            if not (trainable and self.accessed):
                return
            known = self.reads[origin] = []
        if array not in known:
            known.append(array)
            self.watch(array)

    def record(self, outputs: Sequence[Array], known: Iterable[Array]) -> None:
        """Have what was computed from the tape's values, back to values that were there before."""
        before = set(known)
        for array in _made(outputs, before):
            operands = [x for x in array.inputs if isinstance(x, Array) and x.tracked]
            if any(x in self.values for x in operands):
                self.values.add(array)
                self.foreign.update(x for x in operands if x not in self.values)

    def release(self) -> None:
        """Let go of all values; those that no other tape has forget what they were computed from."""
        others = [t for t in _alive if t is not self and t.values]
        for array in self.values:
            # A trace lifts the history to a graph afterwards.
            if (
                array.op is not None
                and not capturing()
                and not any(array in t.values for t in others)
            ):
                array.op, array.inputs, array.tracked = None, (), False
        for array in self._marked:
            other = next((t for t in others if array in t.values), None)
            if other is None:
                array.tracked = False
            else:
                other._marked.append(array)
        self._marked.clear()
        self.values.clear()
        self.foreign.clear()
        self.reads.clear()

    def __del__(self) -> None:
        self.release()


class _Joint(set[Array]):
    """Values of a tape's own, and those of other tapes."""

    def __init__(self, tapes: Sequence[Tape]) -> None:
        super().__init__()
        self._tapes = tapes

    def __contains__(self, array: object) -> bool:
        return super().__contains__(array) or any(array in t.values for t in self._tapes)


def joined() -> AbstractContextManager[Tape]:
    """A block in which one tape, which watches all variables, stands for all that are open.

    What runs in it is remembered in the same way whatever the open tapes watch. Who opens the block tells them of what
    came out of it (`Tape.record`), and then has the joint tape let go.
    """
    tape = Tape(accessed=True)
    tape.values = _Joint(_open.get())
    return alone(tape)


@contextmanager
def alone(tape: Tape | None = None) -> Iterator[Tape]:
    """A block in which no other tape is open; by default it is a new one, which watches all variables."""
    tape = tape or Tape(accessed=True)
    token = _open.set((tape,))
    try:
        yield tape
    finally:
        _open.reset(token)


def _made(outputs: Sequence[Array], before: set[Array]) -> Iterator[Array]:
    """What the outputs were computed from since, operands before results."""
    if all(x in before for a in outputs for x in a.inputs):
        yield from (a for a in outputs if a.tracked and a not in before)
        return
    seen: set[Array] = set()
    for output in outputs:
        if not output.tracked or output in before or output in seen:
            continue
        seen.add(output)
        stack = [(output, iter(output.inputs))]
        while stack:
            array, operands = stack[-1]
            for x in operands:
                if isinstance(x, Array) and x.tracked and x not in before and x not in seen:
                    seen.add(x)
                    stack.append((x, iter(x.inputs)))
                    break
            else:
                stack.pop()
                yield array
