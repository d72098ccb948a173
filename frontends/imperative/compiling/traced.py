"""Python numbers that came out of tensors, for as long as a trace listens.

``loss.item()`` in a trace gives a number that behaves like the Python number that it is, and remembers which value it
came from. What a program may do with it without being bound to its exact value is recorded: sums, products and
quotients go on as scalars of the trace, a comparison binds the program to its truth value alone, and a number that is
returned is computed anew for every call. Whatever else looks at the number (`math.sqrt`, an index, ``range``, NumPy)
binds the program to exactly this value: a `check <Numbers.exact>`.

The classes are no subclasses of float and int: C code reads those without asking. It has to ask these (``__float__``,
``__index__``, ``__array__``), so no use can go unnoticed. ``isinstance(x, float)`` holds all the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

from ..tensor import Tensor

if TYPE_CHECKING:
    from .numbers import Numbers

__all__ = ["TRACED", "TracedFloat", "TracedInt", "is_traced", "plain", "settle"]

Number: TypeAlias = "float | int | TracedFloat | TracedInt"
Compute = Callable[[Any, Any], Any]

_COMPUTED = ("add", "sub", "mul", "truediv", "floordiv", "mod")


class _Traced:
    """What the two kinds of numbers have in common."""

    __slots__ = ("__weakref__", "_at", "_numbers", "_plain")

    _kind: type[float | int]
    _plain: Any

    def __init__(self, numbers: Numbers, at: int, number: Number) -> None:
        self._numbers = numbers
        self._at = at
        self._plain = number

    def _exactly(self) -> Any:
        """The plain number, on which the program depends from here on."""
        self._numbers.exact(self)
        return self._plain

    # --- looks ---

    def __bool__(self) -> bool:
        return self._numbers.truth(self)

    def __float__(self) -> float:
        return self._numbers.converted(self, float)

    def __int__(self) -> int:
        return self._numbers.converted(self, int)

    def __complex__(self) -> complex:
        return complex(self._exactly())

    def __hash__(self) -> int:
        return hash(self._exactly())

    def __repr__(self) -> str:
        return repr(self._exactly())

    def __str__(self) -> str:
        return str(self._exactly())

    def __format__(self, spec: str) -> str:
        return format(self._exactly(), spec)

    def __round__(self, digits: int | None = None) -> Number:
        return round(self._exactly(), digits)  # type: ignore[no-any-return]

    def __trunc__(self) -> int:
        return self._exactly().__trunc__()  # type: ignore[no-any-return]

    def __floor__(self) -> int:
        return self._exactly().__floor__()  # type: ignore[no-any-return]

    def __ceil__(self) -> int:
        return self._exactly().__ceil__()  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        # Whether there is such an attribute depends on no value: NumPy asks every object for its protocols.
        if not hasattr(self._kind, name):
            raise AttributeError(f"'{self._kind.__name__}' object has no attribute '{name}'")
        return getattr(self._exactly(), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._exactly(), dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(
            *[x._exactly() if is_traced(x) else x for x in inputs], **kwargs
        )

    def __copy__(self) -> _Traced:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> _Traced:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self._kind, (self._exactly(),)

    def __pos__(self) -> Any:
        return self

    def __neg__(self) -> Any:
        return _signed(self, "neg", -self._plain)

    def __abs__(self) -> Any:
        return _signed(self, "abs", abs(self._plain))


class TracedFloat(_Traced):
    """A float that came out of a tensor."""

    __slots__ = ()
    _kind = float
    __class__ = property(lambda self: float)


class TracedInt(_Traced):
    """An int that came out of a tensor."""

    __slots__ = ()
    _kind = int
    __class__ = property(lambda self: int)

    def __invert__(self) -> int:
        return ~self._exactly()  # type: ignore[no-any-return]

    def __index__(self) -> int:
        return self._exactly()  # type: ignore[no-any-return]


TRACED: tuple[type, ...] = (TracedFloat, TracedInt)


def is_traced(x: object) -> TypeGuard[TracedFloat | TracedInt]:
    """Whether this is a traced number; ``isinstance`` cannot tell, ``x.__class__`` does not want to."""
    kind = type(x)
    return kind is TracedFloat or kind is TracedInt


def plain(tree: Any) -> Any:
    """The same tree of tuples, lists and dicts with plain numbers in the place of traced ones."""
    return _mapped(tree, lambda number: number._plain)


def settle(tree: Any) -> Any:
    """The same, for somebody who will look at the numbers: the program depends on them from here on."""
    return _mapped(tree, lambda number: number._exactly())


def _mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    if is_traced(tree):
        return change(tree)
    kind = type(tree)
    if kind is dict:
        values = {k: _mapped(v, change) for k, v in tree.items()}
        return tree if all(map(operator.is_, values.values(), tree.values())) else values
    if kind in (tuple, list) or (isinstance(tree, tuple) and hasattr(kind, "_make")):
        parts = [_mapped(x, change) for x in tree]
        if all(map(operator.is_, parts, tree)):
            return tree
        return kind._make(parts) if hasattr(kind, "_make") else kind(parts)
    return tree


def _signed(number: Any, name: str, result: float) -> Number:
    numbers: Numbers = number._numbers
    return numbers.sign(name, number, result) if numbers.open else result


_PLAIN = frozenset({float, int, bool})
_UNLIKE = (str, bytes, tuple, list, dict, set, frozenset, type(None))
_EXACTLY: dict[str, Compute] = {
    "pow": operator.pow, "divmod": divmod, "and": operator.and_, "or": operator.or_, "xor": operator.xor,
    "lshift": operator.lshift, "rshift": operator.rshift,
}  # fmt: skip


def _computing(name: str, compute: Compute, reflected: bool) -> Any:
    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Tensor):
            return NotImplemented
        numbers, other = _together(self, other)
        a, b = (other, self) if reflected else (self, other)
        x, y = _value(a), _value(b)
        try:
            result = compute(x, y)
        except ArithmeticError:
            numbers.settled(None, a, b)
            raise
        if numbers.open and name in _COMPUTED and (type(other) in _PLAIN or is_traced(other)):
            return numbers.arithmetic(name, a, b, result)
        return numbers.settled(result, a, b)

    return method


def _comparing(name: str, compute: Compute) -> Any:
    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Tensor):
            return NotImplemented
        if name in ("eq", "ne") and isinstance(other, _UNLIKE):
            return name == "ne"
        numbers, other = _together(self, other)
        result = compute(self._plain, _value(other))
        if numbers.open and (type(other) in _PLAIN or is_traced(other)):
            return numbers.compare(name, self, other, result)
        return numbers.settled(result, self)

    return method


for _name, _compute in {**{n: getattr(operator, n) for n in _COMPUTED}, **_EXACTLY}.items():
    setattr(_Traced, f"__{_name}__", _computing(_name, _compute, reflected=False))
    setattr(_Traced, f"__r{_name}__", _computing(_name, _compute, reflected=True))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(_Traced, f"__{_name}__", _comparing(_name, getattr(operator, _name)))


def _together(number: Any, other: Any) -> tuple[Numbers, Any]:
    """The trace that listens to ``number``, and the other operand as that trace knows it."""
    numbers = number._numbers
    if is_traced(other) and other._numbers is not numbers:
        other = other._exactly()
    return numbers, other


def _value(x: Any) -> Any:
    return x._plain if is_traced(x) else x
