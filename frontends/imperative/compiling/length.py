"""Sizes of tensors as a program sees them while a trace listens.

``x.shape[0]`` in a trace is a `Length`: it is the number that it is, and remembers which sizes it was computed from.
What the program does with it is written down (`Observed`): comparisons become conditions under which the graph holds
for other sizes, a size that is given to an operation is what that operation depends on, and a size that becomes a plain
number (``int(n)``, ``range(n)``, an index of a list) binds the graph to exactly this size, unless all it does is to say
how often a loop runs.

Like the numbers of `traced`, a `Length` is no subclass of int, so that C code has to ask for the number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ....compiler.ir import Dim
from ..size import Size

if TYPE_CHECKING:
    from .lengths import Lengths

__all__ = ["Length", "dim_of", "index_of", "is_length", "plain_length"]


class Length:
    """A size, or what was computed from sizes."""

    __slots__ = ("_dim", "_lengths", "_plain")

    _dim: Dim
    _lengths: Lengths
    _plain: int

    def __init__(self, lengths: Lengths, dim: Dim, number: int) -> None:
        self._lengths = lengths
        self._dim = dim
        self._plain = number

    __class__ = property(lambda self: int)

    def _exactly(self, how: str) -> int:
        """The plain number, on which the program depends from here on."""
        self._lengths.taken(self, how)
        return self._plain

    # --- looks ---

    def __bool__(self) -> bool:
        return self._lengths.compare(self, "!=", 0, self._plain != 0)

    def __index__(self) -> int:
        return self._exactly(
            "it is used as an index, as a count, or given to a function of another library"
        )

    def __int__(self) -> int:
        return self._exactly("int()")

    def __float__(self) -> float:
        return float(self._exactly("float()"))

    def __complex__(self) -> complex:
        return complex(self._exactly("complex()"))

    def __hash__(self) -> int:
        return hash(self._exactly("it is a key of a dict or set"))

    def __repr__(self) -> str:
        return repr(self._exactly("it is written as text"))

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self._exactly("it is written as text"), spec)

    def __round__(self, digits: int | None = None) -> Any:
        return self if digits is None else round(self._exactly("round()"), digits)

    def __trunc__(self) -> Any:
        return self

    __floor__ = __ceil__ = __pos__ = __copy__ = __trunc__

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return int, (self._exactly("it is pickled"),)

    def __getattr__(self, name: str) -> Any:
        # Whether there is such an attribute depends on no value: NumPy asks every object for its protocols.
        if not hasattr(int, name):
            raise AttributeError(f"'int' object has no attribute '{name}'")
        return getattr(self._exactly(f".{name}"), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._exactly("it becomes an array"), dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [x._exactly("it is computed with by NumPy") if is_length(x) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __neg__(self) -> Any:
        return self._lengths.made(-self._dim, -self._plain)

    def __abs__(self) -> Any:
        negative = self._lengths.compare(self, "<", 0, self._plain < 0)
        return -self if negative else self

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        if type(other) is int and 1 <= other <= 4 and modulo is None:
            return prod([self] * (other - 1), start=self)
        return pow(self._exactly("a power"), _plain(other), modulo)

    def __rpow__(self, other: Any) -> Any:
        return other ** self._exactly("a power")

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self


def is_length(x: object) -> bool:
    """Whether this is a `Length`; ``isinstance`` cannot tell, ``x.__class__`` does not want to."""
    return type(x) is Length


def _plain(x: Any) -> Any:
    return x._plain if type(x) is Length else x


def plain_length(tree: Any) -> Any:
    """The same tree of tuples, lists and dicts with plain numbers in the place of lengths."""
    if type(tree) is Length:
        return tree._plain
    kind = type(tree)
    if kind is Size:
        return Size([_plain(x) for x in tree])
    if kind in (tuple, list):
        parts = [plain_length(x) for x in tree]
        return tree if all(map(operator.is_, parts, tree)) else kind(parts)
    if kind is dict:
        values = {k: plain_length(v) for k, v in tree.items()}
        return tree if all(map(operator.is_, values.values(), tree.values())) else values
    return tree


# --- arithmetic ---


def _mod(a: Any, b: Any) -> Any:
    return a - (a // b) * b


_COMPUTED: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.sub),
    "mul": (operator.mul, operator.mul),
    "floordiv": (operator.floordiv, operator.floordiv),
    "mod": (operator.mod, _mod),
}
"""What is computed with the numbers, and with the dimensions."""
_EXACTLY: dict[str, Callable[[Any, Any], Any]] = {
    "truediv": operator.truediv, "and": operator.and_, "or": operator.or_, "xor": operator.xor,
    "lshift": operator.lshift, "rshift": operator.rshift,
}  # fmt: skip
_RELATIONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _whole(x: Any) -> bool:
    return type(x) in (int, bool, Length)


def _computing(name: str, reflected: bool) -> Any:
    number, dimension = _COMPUTED.get(name) or (_EXACTLY[name], None)

    def method(self: Length, other: Any) -> Any:
        if not _whole(other):
            if type(other) in (float, complex) or isinstance(other, (list, tuple, str, bytes)):
                exact = self._exactly("it is computed with")
                return number(other, exact) if reflected else number(exact, other)
            return NotImplemented
        a, b = (other, self) if reflected else (self, other)
        result = number(_plain(a), _plain(b))
        if dimension is None:
            self._exactly("it is divided" if name == "truediv" else "its bits are computed with")
            if type(other) is Length:
                other._exactly(
                    "it is divided" if name == "truediv" else "its bits are computed with"
                )
            return result
        return self._lengths.made(dimension(dim_of(a), dim_of(b)), result)

    return method


def _comparing(name: str) -> Any:
    compute = getattr(operator, name)

    def method(self: Length, other: Any) -> Any:
        if _whole(other):
            return self._lengths.compare(
                self, _RELATIONS[name], other, compute(self._plain, _plain(other))
            )
        if type(other) is float:
            return compute(self._exactly("it is compared with a float"), other)
        return NotImplemented

    return method


def index_of(x: Any) -> int:
    """The number itself; whoever asks is trusted with it."""
    return x._plain if type(x) is Length else operator.index(x)


def dim_of(x: Any) -> Dim:
    """What a number was computed from."""
    return x._dim if type(x) is Length else int(x)


for _name in (*_COMPUTED, *_EXACTLY):
    setattr(Length, f"__{_name}__", _computing(_name, reflected=False))
    setattr(Length, f"__r{_name}__", _computing(_name, reflected=True))
for _name in _RELATIONS:
    setattr(Length, f"__{_name}__", _comparing(_name))
