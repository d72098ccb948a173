"""The numbers of one trace: what is computed with Python numbers that came out of tensors, and what depends on them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from weakref import ref

import numpy as np

from ....compiler import ops
from ....compiler.dispatch import Array, Recording, using
from ....compiler.ir.dtypes import DType, float64, int64
from ....compiler.location import in_house
from .releasing import release
from .returning import Place, returned_at
from .traced import Compute, Number, TracedFloat, TracedInt, is_traced

__all__ = ["Numbers"]

_RECORDED: dict[str, Compute] = {
    "add": ops.add, "sub": ops.sub, "mul": ops.mul, "truediv": ops.div, "floordiv": ops.floordiv, "mod": ops.mod,
}  # fmt: skip

F = TypeVar("F", float, int)

_EXACT = 2**53
"""Whole numbers up to here are floats as well, and sums of them do not overflow."""
_RANGE = 2**31
"""What a whole number from a tensor is checked to be below, before it is computed with."""

_LISTED = 64
"""A list of more elements is one exact value."""


class Numbers:
    """The traced numbers of one trace.

    Args:
        interpreter: records what is computed with them.
        check: notes that the program goes on as it does because a value is what it is.
        shown: whether what looks at a number now will only show it to people.
    """

    __slots__ = ("_arrays", "_bounds", "_check", "_interpreter", "_made", "_returned", "_shown")

    def __init__(
        self, interpreter: Recording, check: Callable[[Array], None], shown: Callable[[], bool]
    ) -> None:
        self._interpreter: Recording | None = interpreter
        self._check = check
        self._shown = shown
        self._arrays: list[Array] = []
        self._bounds: list[int | None] = []
        self._made: list[ref[TracedFloat | TracedInt]] = []
        self._returned: dict[Place, tuple[TracedFloat | TracedInt, float]] = {}

    @property
    def open(self) -> bool:
        """Whether the trace still listens."""
        return self._interpreter is not None

    def close(self) -> None:
        """The trace is over: its numbers behave as plain ones, keep nothing alive, and are replaced by plain ones."""
        self._interpreter = None
        self._check = _ignore
        self._shown = _never
        self._arrays = []
        self._bounds = []
        kept = [number for made in self._made if (number := made()) is not None]
        self._made = []
        self._returned = {}
        if kept:
            release(kept)

    # --- between arrays and numbers ---

    def number(self, array: Array) -> TracedFloat | TracedInt | bool:
        """The one element of a value; a truth value is checked at once, for nothing can stand for a bool."""
        kind = array.data.dtype.kind
        if kind == "b":
            if not self._shown():
                self._check(array)
            return bool(array.data.item())
        if kind == "f":
            return self._new_float(array.data.item(), array)
        bound = _RANGE if array.data.dtype.itemsize < 8 else None
        return self._new_int(array.data.item(), array, bound)

    def listed(self, array: Array) -> Any:
        """What ``tolist()`` gives, with traced numbers."""
        if not array.data.shape:
            return self.number(array)
        if array.data.size > _LISTED:
            if not self._shown():
                self._check(array)
            return array.data.tolist()
        with using(self._quiet()):
            parts = [ops.gather(array, _position(i), 0) for i in range(len(array.data))]
        return [self.listed(part) for part in parts]  # type: ignore[arg-type]

    def value_of(self, number: object) -> Array | None:
        """The value that a number of this trace came from (one element, of any shape); None for other numbers."""
        if is_traced(number) and number._numbers is self and self.open:
            return self._arrays[number._at]
        return None

    def operand(self, number: TracedFloat | TracedInt, dtype: DType) -> Array | float:
        """The number as an operand beside a tensor of this type, through which no gradient flows.

        A plain number where the value has no such form: it was checked to be what it is.
        """
        array = self.value_of(number)
        fits = dtype.is_float if number._kind is float else dtype.is_float or dtype is int64
        if array is None or not fits:
            return number._exactly()  # type: ignore[no-any-return]
        with using(self._quiet()):
            if array.tracked:
                array = ops.stop_gradient(array)  # type: ignore[assignment]
            return ops.cast(_scalar(array), dtype)  # type: ignore[return-value]

    def exact(self, number: object) -> None:
        """The program depends on all of the number from here on, unless it only shows it."""
        array = self.value_of(number)
        if array is not None and not self._shown():
            self._check(array)

    def settled(self, result: Any, *operands: object) -> Any:
        """``result``, which depends on all of these operands."""
        for x in operands:
            if is_traced(x):
                self.exact(x)
        return result

    # --- plain numbers that are returned ---

    def converted(self, number: Any, kind: type[F]) -> F:
        """``float(number)`` or ``int(number)``: the program depends on it, unless it only returns it."""
        result = kind(number._plain)
        if self.value_of(number) is not None:
            frame = _program(sys._getframe(2))
            place = returned_at(frame, _HERE) if frame is not None else None
            if place is None:
                self.exact(number)
            else:
                self._returned[place] = number, result
        return result

    def recognized(self, result: Any) -> Any:
        """The result of the program with traced numbers where it made plain ones only to return them."""
        for place, (number, value) in self._returned.items():
            array = self.value_of(number)
            if array is None or not _stands(result, place, value):
                self.exact(number)
            elif type(value) is int:
                result = _put(result, place, self._new_int(value, array, None))
            else:
                result = _put(result, place, self._new_float(value, array))
        self._returned = {}
        return result

    # --- computing with them ---

    def arithmetic(self, name: str, a: Number, b: Number, result: float) -> Any:
        """``a NAME b``, which is ``result``, as a number of the trace; a plain one where that cannot be recorded."""
        if self._shown():
            return result
        divides = name in ("truediv", "mod", "floordiv")
        whole = type(result) is int
        if divides and not whole and name != "truediv":
            # Python's rules for the remainder of floats are its own.
            return self.settled(result, a, b)
        kind = int64 if whole else float64
        x, y = self._wide(a, kind), self._wide(b, kind)
        bound = _bound(name, self._bound(a), self._bound(b)) if whole else None
        if x is None or y is None or (whole and (bound is None or bound > _EXACT)):
            return self.settled(result, a, b)
        with using(self._quiet()):
            array = _RECORDED[name](x, y)
            if array.data.tobytes() != np.asarray(result, kind.numpy).tobytes():
                return self.settled(result, a, b)
            if divides and is_traced(b):
                self._check(ops.ne(y, 0))  # type: ignore[arg-type]
        if whole:
            return self._new_int(int(result), array, bound)
        return self._new_float(result, array)

    def sign(self, name: str, a: Any, result: float) -> Any:
        """``-a`` or ``abs(a)``."""
        if self._shown():
            return result
        kind = int64 if type(result) is int else float64
        x = self._wide(a, kind)
        if x is None:
            return self.settled(result, a)
        with using(self._quiet()):
            array = ops.neg(x) if name == "neg" else ops.absolute(x)
        if kind is int64:
            return self._new_int(int(result), array, self._bounds[a._at])  # type: ignore[arg-type]
        return self._new_float(result, array)  # type: ignore[arg-type]

    def compare(self, name: str, a: Number, b: Number, result: bool) -> bool:
        """``a NAME b``, which is ``result``: from here on the program depends on this truth value."""
        if self._shown():
            return result
        floats = any(x.__class__ is float for x in (a, b))
        kind = float64 if floats else int64
        x, y = self._wide(a, kind, computed=floats), self._wide(b, kind, computed=floats)
        if x is None or y is None:
            return bool(self.settled(result, a, b))
        with using(self._quiet()):
            array = getattr(ops, name)(x, y)
            self._check(array)
        return result

    def truth(self, number: Any) -> bool:
        result = bool(number._plain)
        array = self.value_of(number)
        if array is not None and not self._shown():
            with using(self._quiet()):
                self._check(ops.ne(array, 0))  # type: ignore[arg-type]
        return result

    # --- inside ---

    def _quiet(self) -> Recording:
        assert self._interpreter is not None
        return self._interpreter.with_grad(False)  # type: ignore[return-value]

    def _new_float(self, number: float, array: Array) -> TracedFloat:
        made = TracedFloat(self, self._keep(array, None), number)
        self._made.append(ref(made))
        return made

    def _new_int(self, number: int, array: Array, bound: int | None) -> TracedInt:
        made = TracedInt(self, self._keep(array, bound), number)
        self._made.append(ref(made))
        return made

    def _keep(self, array: Array, bound: int | None) -> int:
        self._arrays.append(array)
        self._bounds.append(bound)
        return len(self._arrays) - 1

    def _wide(self, number: Any, kind: DType, computed: bool = True) -> Any:
        """The number as a scalar of Python's precision, or itself if it is plain; None where it has no such form.

        Args:
            computed: whether the number must be in range for arithmetic, or is only compared as it is.
        """
        if not is_traced(number):
            if type(number) is float:
                return number
            limit = _EXACT if kind is float64 else 2**63 - 1
            return kind.numpy.type(number).item() if -limit <= number <= limit else None
        array = self.value_of(number)
        if array is None:
            return None
        with using(self._quiet()):
            if number._kind is int and computed and self._bound(number) is None:
                return None
            return ops.cast(_scalar(array), kind)

    def _bound(self, number: Number) -> int | None:
        """What a whole number's magnitude does not exceed, whatever the data; None where it may exceed 2**53."""
        if not is_traced(number):
            size = abs(int(number)) if type(number) is not float else 0
            return size if size <= _EXACT else None
        if number._kind is float:
            return 0
        at = number._at
        if self._bounds[at] is None and -_RANGE <= number._plain < _RANGE:
            value = self._arrays[at]
            with using(self._quiet()):
                inside = ops.logical_and(ops.ge(value, -_RANGE), ops.lt(value, _RANGE))
                self._check(inside)  # type: ignore[arg-type]
            self._bounds[at] = _RANGE
        return self._bounds[at]


_HERE = str(Path(__file__).parent)


def _program(frame: FrameType | None) -> FrameType | None:
    """The program's frame above."""
    while frame is not None and in_house[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def _stands(result: Any, place: Place, value: float) -> bool:
    """Whether this very number stands at a place of a result."""
    for key in place:
        try:
            result = result[key]
        except (TypeError, LookupError):
            return False
    return type(result) is type(value) and repr(result) == repr(value)


def _put(result: Any, place: Place, value: Any) -> Any:
    """The result with another number at a place."""
    if not place:
        return value
    first, *rest = place
    part = _put(result[first], tuple(rest), value)
    if isinstance(result, tuple):
        return tuple([part if i == first else x for i, x in enumerate(result)])
    result[first] = part
    return result


def _ignore(array: Array) -> None: ...


def _never() -> bool:
    return False


def _bound(name: str, a: int | None, b: int | None) -> int | None:
    """What the magnitude of ``a NAME b`` does not exceed."""
    if a is None or b is None:
        return None
    if name == "mul":
        return a * b
    return max(a, b) if name in ("mod", "floordiv") else a + b


def _scalar(array: Array) -> Array:
    return ops.reshape(array, ()) if array.data.shape else array  # type: ignore[return-value]


def _position(i: int) -> Array:
    return ops.constant(i, int64)  # type: ignore[return-value]
