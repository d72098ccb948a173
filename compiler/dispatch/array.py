"""Eager values: a NumPy array and where it came from.

An `Array` is immutable: what a frontend calls an in-place change makes a new `Array` over the same memory and marks the
old one `Damaged`, so that using the old one raises an error instead of giving a wrong number.

Edges run only from results to operands, and nothing holds a closure, so reference counting alone frees a graph.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from types import CodeType
from typing import TYPE_CHECKING, ClassVar, NoReturn, cast

import numpy as np

from ..errors import InPlaceError, Place
from ..ir.dtypes import BY_NUMPY, DType
from ..ir.types import TensorType
from ..location import Location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ir import Attr
    from ..ops.op import Op


class Look(Enum):
    """What a program takes from a value that it looks at."""

    VALUE = "value"
    """All of it."""
    TRUTH = "truth"
    """Whether it is zero."""


class Origin:
    """What a leaf stands for in the user's program: a parameter, a buffer, an optimizer's slot, a random key.

    It outlives the successive `Array` values of the leaf, so it is what a trace recognises a state by, where the
    gradient of a leaf is kept, and what knows the line that made the leaf.
    """

    __slots__ = ("__weakref__", "code", "grad", "hooks", "kind", "lasti", "name")

    overwrites: ClassVar[bool] = True
    """Whether a new value takes the place of the old ones, so that these can be used no more."""

    def __init__(self, kind: str, name: str = "", first: Array | None = None) -> None:
        """
        Args:
            first: the first value, which knows where it was made.
        """
        self.kind = kind
        self.name = name
        self.grad: object = None
        self.hooks: list[object] | None = None
        self.code = first.code if first is not None else None
        self.lasti = first.lasti if first is not None and first.code is not None else -1

    @property
    def location(self) -> Location | None:
        return Location.of_code(self.code, self.lasti) if self.code is not None else None


class Array:
    """An eager value. Slots are filled by the interpreters, which is faster than a constructor.

    Attributes:
        data: the numbers; a `Damaged` once they were overwritten in place.
        op: the operation that made it, None for a leaf.
        inputs: its operands (`Array`, or a Python number beside one); empty for a leaf.
        attrs: the operation's attributes.
        tracked: whether a gradient flows through it.
        code, lasti: the user's instruction that made it.
        origin: what a leaf stands for, None otherwise.
    """

    __slots__ = (
        "__weakref__", "attrs", "code", "data", "inputs", "lasti", "op", "origin", "tracked",
    )  # fmt: skip

    data: np.ndarray
    op: Op | None
    inputs: tuple[Array | float, ...]
    attrs: Mapping[str, Attr]
    tracked: bool
    code: CodeType | None
    lasti: int
    origin: Origin | None

    @property
    def dtype(self) -> DType:
        return BY_NUMPY[self.data.dtype]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return len(self.data.shape)

    @property
    def type(self) -> TensorType:
        return TensorType(BY_NUMPY[self.data.dtype], self.data.shape)

    @property
    def location(self) -> Location | None:
        """The line that made it; for a leaf that was overwritten without one, the line that made the leaf."""
        if self.code is not None:
            return Location.of_code(self.code, self.lasti)
        return self.origin.location if self.origin is not None else None

    def __repr__(self) -> str:
        made = f" = {self.op.name}(...)" if self.op else ""
        return f"Array({self.type}{made})"


EMPTY: dict[str, Attr] = {}

BIRTHS: list[Callable[[Array], None]] = []
"""Who is told of every new leaf. A trace must tell leaves that it made itself from those that were there before."""


def leaf(
    data: np.ndarray,
    origin: Origin | None = None,
    tracked: bool = False,
    code: CodeType | None = None,
    lasti: int = -1,
) -> Array:
    """A value that no operation made."""
    array = Array()
    array.data = data
    array.op = None
    array.inputs = ()
    array.attrs = EMPTY
    array.tracked = tracked
    array.code = code
    array.lasti = lasti
    array.origin = origin
    if BIRTHS:
        for tell in BIRTHS:
            tell(array)
    return array


class Damaged:
    """Stands in for numbers that were overwritten in place; knows their type and who did it.

    Any attempt to compute with it raises `InPlaceError`, so the check costs nothing until it is needed.
    """

    __slots__ = ("code", "dtype", "lasti", "made", "name", "shape")
    __array_ufunc__ = None

    def __init__(self, victim: Array, name: str, code: CodeType, lasti: int) -> None:
        self.dtype = victim.data.dtype
        self.shape = victim.data.shape
        self.made = victim.location
        self.name = name
        self.code = code
        self.lasti = lasti

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def fail(self) -> NoReturn:
        kind = TensorType(BY_NUMPY[self.dtype], self.shape)
        raise InPlaceError(
            f"one of the variables needed for gradient computation has been modified by an inplace "
            f"operation: {self.name} overwrote a {kind}",
            places=(
                Place(f"{self.name} overwrote it here", Location.of_code(self.code, self.lasti)),
                Place("the value that backward needs was made here", self.made),
            ),
            hint="write the change as a new value (x = x + 1), or clone() the value first",
        )

    def __array__(self, *_: object, **__: object) -> NoReturn:
        self.fail()

    def __getitem__(self, _: object) -> NoReturn:
        self.fail()


def damage(victim: Array, name: str, code: CodeType, lasti: int) -> None:
    """Mark a value as overwritten by the operation ``name`` at the given instruction."""
    if not isinstance(victim.data, Damaged):
        victim.data = cast("np.ndarray", Damaged(victim, name, code, lasti))
