"""`Tracing`: evaluates as always, and logs what the program does in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from ....compiler.dispatch import BIRTHS, Array, Look, Origin, Recording, damage, using
from ....compiler.location import Location, caller
from ....compiler.tracing import Event, Pulled, Seen
from ..grad_mode import capturing
from ..tensor import Passing
from .debuggers import show_plain_numbers
from .effects import Effects
from .length import plain_length
from .lengths import Lengths
from .numbers import Numbers
from .sparing import Sparing
from .traced import is_traced, plain

if TYPE_CHECKING:
    from ....compiler.dispatch import Interpreter
    from ....compiler.ir import Attrs, Graph
    from ....compiler.ops import Op
    from ..tensor import Tensor

__all__ = ["Assumption", "GradientAtStart", "Log", "Tracing", "tracing_now"]


class GradientAtStart:
    """The gradient of a leaf as the run found it.

    Attributes:
        tensor: the tensor that stood there, None where there was none.
        array: the value that the tensor had.
        read: whether the run read it, or only put another in its place.
    """

    __slots__ = ("array", "read", "tensor")

    def __init__(self, tensor: Tensor | None, read: bool) -> None:
        self.tensor = tensor
        self.array = tensor.array if tensor is not None else None
        self.read = read


@dataclass(frozen=True, slots=True, eq=False)
class Assumption:
    """A function of the house went on by whether a condition holds for all elements of a value."""

    array: Array
    condition: Callable[[np.ndarray], bool]
    outcome: bool


class Log:
    """What one run did.

    Attributes:
        events: operations, looks at values and gradients asked for, in order.
        born: leaves that were made in the run, from data.
        writes: for each leaf that was written its value before and after.
        gradients: the gradients that were read or replaced, as they were at the start.
        assumptions: what functions of the house made sure of before they computed.
        spent: values that backward went through and let go of, and what stands for their operands afterwards.
        steps: how many optimizer steps there were.
        effects: what it did to things that are no tensors.
        numbers: the Python numbers that came out of tensors.
        lengths: the sizes that the run saw; None where nobody wants to know what it asks about them.
        told: what the interpreter was told, in order, for whoever records everything besides.
        refusal: why the run cannot be compiled, with the line; None as long as it can.
        debugged: whether a debugger took over, so that the rest of the run is none of the log's business.
    """

    debugged = False

    def __init__(self, lengths: Lengths | None = None) -> None:
        self.events: list[Event] = []
        self.lengths = lengths
        self.born: set[Array] = set()
        self.writes: dict[Origin, tuple[Array, Array]] = {}
        self.gradients: dict[Origin, GradientAtStart] = {}
        self.assumptions: list[Assumption] = []
        self.spent: dict[Array, tuple[()]] = {}
        self.steps = 0
        self.refusal: tuple[str, Location | None] | None = None
        self.effects = Effects()
        self.numbers = Numbers(Tracing(self), self.look, self.effects.shown)
        self.told: list[tuple[Any, ...]] = []
        self._old: list[tuple[Array, Array]] = []
        # Whoever records everything gets to know what the run did, numbers and all.
        self._sparing = (
            None if capturing() else Sparing(self.events, self.spent, self._old, self.gradients)
        )

    @property
    def total(self) -> int:
        """The bytes of the large values that were computed, as far as they are counted."""
        return self._sparing.total if self._sparing is not None else 0

    def computed(self, made: Array) -> None:
        """The program did an operation."""
        self.events.append(made)
        if self._sparing is not None:
            self._sparing.computed(made)

    def tell(self, what: tuple[Any, ...]) -> None:
        """The interpreter was told something."""
        if self._sparing is None:
            self.told.append(what)

    def look(self, array: Array, look: Look = Look.VALUE) -> None:
        """The program goes on as it does because of what it took of a value."""
        self.events.append(Seen(array, np.array(array.data), look, *caller(1)))

    def size(self, number: int) -> object:
        """A size that the program returns, as a number of the trace."""
        return self.numbers.number(Tracing(self).constant(np.asarray(number, np.int64)))

    def refuse(self, reason: str, location: Location | None = None) -> None:
        """Say why the run cannot be compiled; the first reason stays."""
        if self.refusal is None:
            self.refusal = reason, location or Location.here(1)

    def wrote(self, old: Array, new: Array) -> None:
        assert new.origin is not None
        first, _ = self.writes.get(new.origin, (old, new))
        self.writes[new.origin] = first, new
        self._old.append((old, new))

    def hand_over(self, outer: Interpreter) -> None:
        """Tell who recorded everything before the run what it did, as if it had listened itself."""
        self.numbers.close()
        for method, *arguments in self.told:
            getattr(outer, method)(*arguments)

    def release(self, frame: FrameType) -> None:
        """A debugger takes over: whoever looks at the program now, in this frame and above, sees plain numbers."""
        self.debugged = True
        self.numbers.close()
        if self.lengths is not None:
            self.lengths.close()
            self.lengths = None
        show_plain_numbers(frame)

    def forget(self) -> None:
        """Leave the values as a run without a log leaves them: what no gradient flows through has no history."""
        self.numbers.close()
        for old, new in self._old:
            assert new.origin is not None
            if new.origin.overwrites and new.code is not None and old.data is not new.data:
                damage(old, "an in-place operation", new.code, new.lasti)
        for event in self.events:
            if isinstance(event, Array) and not event.tracked:
                event.op, event.inputs = None, ()
        for array, freed in self.spent.items():
            array.inputs = freed
            if capturing():
                # To whoever records everything, what a trace gave is data.
                array.op, array.inputs = None, ()
        for origin, (first, last) in self.writes.items():
            last.op, last.inputs = None, ()
            if isinstance(origin, Passing):
                first.origin = last.origin = None


class Tracing(Recording):
    """A `Recording` of everything, into a `Log`."""

    __slots__ = ("log",)

    def __init__(
        self, log: Log, grad: bool = True, at: tuple[CodeType | None, int] | None = None
    ) -> None:
        super().__init__(everything=True, grad=grad, at=at)
        self.log = log

    def derive(self, grad: bool) -> Tracing:
        return Tracing(self.log, grad, self.at)

    def apply1(self, op: Op, a: Array) -> Array:
        made = super().apply1(op, a)
        self._stamp(made)
        return made

    def apply2(self, op: Op, a: Array | float, b: Array | float) -> Array:
        if is_traced(a):
            a = self.log.numbers.operand(a, b.dtype)  # type: ignore[union-attr]
        elif is_traced(b):
            b = self.log.numbers.operand(b, a.dtype)  # type: ignore[union-attr]
        made = super().apply2(op, a, b)
        self._stamp(made)
        return made

    def apply(
        self, op: Op, inputs: Sequence[Array], attrs: Attrs, regions: Sequence[Graph] = ()
    ) -> Array:
        known = {k: plain_length(plain(v)) for k, v in attrs.items()}
        made = super().apply(op, inputs, known, regions)
        self._stamp(made)
        return made

    def constant(self, data: np.ndarray) -> Array:
        made = super().constant(data)
        self._stamp(made)
        return made

    def _stamp(self, made: Array) -> None:
        if self.at is None:
            made.code, made.lasti = caller(2)
        self.log.computed(made)

    def observed(self, array: Array, look: Look = Look.VALUE) -> None:
        self.log.tell(("observed", array, look))
        if not self.log.debugged and not self.log.effects.shown():
            self.log.look(array, look)

    @property
    def numbers(self) -> Numbers | None:
        """The Python numbers that came out of tensors; None once a debugger took over."""
        return None if self.log.debugged else self.log.numbers

    @property
    def lengths(self) -> Lengths | None:
        """The sizes that the run saw."""
        return self.log.lengths

    def assumed(self, array: Array, condition: Callable[[np.ndarray], bool], outcome: bool) -> None:
        self.log.assumptions.append(Assumption(array, condition, outcome))

    def touching(self, origin: Origin, reads: bool = True) -> None:
        if origin not in self.log.gradients:
            self.log.gradients[origin] = GradientAtStart(origin.grad, reads)  # type: ignore[arg-type]

    def wrote(self, old: Array, new: Array) -> None:
        self.log.tell(("wrote", old, new))
        self.log.wrote(old, new)

    def stepping(self) -> None:
        self.log.tell(("stepping",))

    def stepped(self) -> None:
        self.log.tell(("stepped",))
        self.log.steps += 1

    def pulled(
        self,
        output: Array,
        seed: Array,
        wrt: Iterable[Array],
        cotangents: Iterable[Array],
        spent: Mapping[Array, tuple[()]],
    ) -> None:
        """The program asked for cotangents, which were computed apart from the log.

        Args:
            spent: values whose operands are let go of once the run is over, and what comes in their place.
        """
        self.log.events.append(Pulled(output, seed, tuple(wrt), tuple(cotangents), *caller(1)))
        self.log.spent.update(spent)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Operations are given to this interpreter, and it hears of new leaves."""
        hear = self.log.born.add
        BIRTHS.append(hear)
        try:
            with using(self):
                yield
        finally:
            BIRTHS.remove(hear)


def tracing_now(interpreter: object) -> bool:
    """Whether a run is being logged."""
    return isinstance(interpreter, Tracing)
