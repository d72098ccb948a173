"""Static shapes as TensorFlow 1 shows them: `TensorShape`, made of `Dimension` objects that may be unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import SupportsIndex, overload

from ...compiler.errors import AttributeValueError, ShapeError
from ...compiler.ir import TensorType

__all__ = ["Dimension", "TensorShape"]


class Dimension:
    """One extent, an ``int`` or unknown; usable wherever Python wants an index."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        if isinstance(value, Dimension):
            self.value: int | None = value.value
        elif value is None:
            self.value = None
        elif isinstance(value, SupportsIndex):
            self.value = value.__index__()
        else:
            raise TypeError(f"a dimension is an integer or None, not {value!r}")
        if self.value is not None and self.value < 0:
            raise ShapeError(f"Dimension {self.value} must be >= 0")

    def __repr__(self) -> str:
        return f"Dimension({self.value})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)

    def __index__(self) -> int:
        if self.value is None:
            raise TypeError(
                "this dimension is not known while the graph is built; tf.shape(x) gives it at run time"
            )
        return self.value

    __int__ = __index__

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        known = _value(other)
        return self.value is not None and known is not None and self.value == known

    def __ne__(self, other: object) -> bool:
        known = _value(other)
        return self.value is not None and known is not None and self.value != known

    def __lt__(self, other: object) -> bool:
        return self.__index__() < Dimension(other).__index__()

    def __le__(self, other: object) -> bool:
        return self.__index__() <= Dimension(other).__index__()

    def __gt__(self, other: object) -> bool:
        return self.__index__() > Dimension(other).__index__()

    def __ge__(self, other: object) -> bool:
        return self.__index__() >= Dimension(other).__index__()

    def _combine(self, other: object, how: str, swapped: bool = False) -> Dimension:
        try:
            a, b = self.value, Dimension(other).value
        except TypeError:
            # Lists are repeated by dimensions, for instance.
            return NotImplemented  # type: ignore[no-any-return]
        if a is None or b is None:
            return Dimension(None)
        if swapped:
            a, b = b, a
        return Dimension(getattr(a, how)(b))

    def __add__(self, other: object) -> Dimension:
        return self._combine(other, "__add__")

    __radd__ = __add__

    def __sub__(self, other: object) -> Dimension:
        return self._combine(other, "__sub__")

    def __rsub__(self, other: object) -> Dimension:
        return self._combine(other, "__sub__", swapped=True)

    def __mul__(self, other: object) -> Dimension:
        return self._combine(other, "__mul__")

    __rmul__ = __mul__

    def __floordiv__(self, other: object) -> Dimension:
        return self._combine(other, "__floordiv__")

    def __rfloordiv__(self, other: object) -> Dimension:
        return self._combine(other, "__floordiv__", swapped=True)

    # Scripts of Python 2 times divide dimensions with "/" and mean whole numbers.
    __div__ = __floordiv__

    def __truediv__(self, other: object) -> float:
        return self.__index__() / Dimension(other).__index__()

    def __rtruediv__(self, other: object) -> float:
        return Dimension(other).__index__() / self.__index__()

    def __mod__(self, other: object) -> Dimension:
        return self._combine(other, "__mod__")

    def is_compatible_with(self, other: object) -> bool:
        known = _value(other)
        return self.value is None or known is None or self.value == known

    def merge_with(self, other: object) -> Dimension:
        known = Dimension(other)
        if not self.is_compatible_with(known):
            raise ShapeError(f"Dimensions {self} and {known} are not compatible")
        return known if self.value is None else self

    def assert_is_compatible_with(self, other: object) -> None:
        self.merge_with(other)


def _value(other: object) -> int | None:
    try:
        return Dimension(other).value
    except TypeError:
        return None


class TensorShape:
    """A shape whose rank (`dims` is None) or whose dimensions may be unknown."""

    __slots__ = ("_dims",)

    def __init__(self, dims: object) -> None:
        self._dims: tuple[Dimension, ...] | None
        if dims is None:
            self._dims = None
        elif isinstance(dims, TensorShape):
            self._dims = dims._dims
        elif isinstance(dims, Iterable):
            self._dims = tuple(Dimension(d) for d in dims)
        else:
            self._dims = (Dimension(dims),)

    @classmethod
    def of(cls, type: TensorType | None) -> TensorShape:
        """The shape of a type; symbols are unknown dimensions, no type is an unknown rank."""
        if type is None:
            return cls(None)
        return cls([d if isinstance(d, int) else None for d in type.shape])

    @property
    def dims(self) -> list[Dimension] | None:
        return None if self._dims is None else list(self._dims)

    @property
    def ndims(self) -> int | None:
        return None if self._dims is None else len(self._dims)

    rank = ndims

    def __len__(self) -> int:
        return len(self._known("its length"))

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self._known("its dimensions"))

    @overload
    def __getitem__(self, key: int) -> Dimension: ...
    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...
    def __getitem__(self, key: int | slice) -> Dimension | TensorShape:
        if self._dims is None:
            return TensorShape(None) if isinstance(key, slice) else Dimension(None)
        return TensorShape(self._dims[key]) if isinstance(key, slice) else self._dims[key]

    def _known(self, what: str) -> tuple[Dimension, ...]:
        if self._dims is None:
            raise AttributeValueError(f"Cannot take {what} of a shape with unknown rank")
        return self._dims

    def as_list(self) -> list[int | None]:
        return [d.value for d in self._known("the list")]

    def num_elements(self) -> int | None:
        if not self.is_fully_defined():
            return None
        total = 1
        for d in self:
            total *= int(d)
        return total

    def is_fully_defined(self) -> bool:
        return self._dims is not None and all(d.value is not None for d in self._dims)

    def assert_is_fully_defined(self) -> None:
        if not self.is_fully_defined():
            raise ShapeError(f"Shape {self} is not fully defined")

    def assert_has_rank(self, rank: int) -> None:
        if self.ndims not in (None, rank):
            raise ShapeError(f"Shape {self} must have rank {rank}")

    def is_compatible_with(self, other: object) -> bool:
        other = TensorShape(other)
        if self._dims is None or other._dims is None:
            return True
        return len(self._dims) == len(other._dims) and all(
            a.is_compatible_with(b) for a, b in zip(self._dims, other._dims, strict=True)
        )

    def assert_is_compatible_with(self, other: object) -> None:
        if not self.is_compatible_with(other):
            raise ShapeError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def merge_with(self, other: object) -> TensorShape:
        other = TensorShape(other)
        self.assert_is_compatible_with(other)
        if self._dims is None:
            return other
        if other._dims is None:
            return self
        return TensorShape([a.merge_with(b) for a, b in zip(self._dims, other._dims, strict=True)])

    def concatenate(self, other: object) -> TensorShape:
        other = TensorShape(other)
        if self._dims is None or other._dims is None:
            return TensorShape(None)
        return TensorShape(self._dims + other._dims)

    def with_rank(self, rank: int) -> TensorShape:
        return self.merge_with([None] * rank)

    def __eq__(self, other: object) -> bool:
        try:
            known = TensorShape(other)
        except TypeError:
            return False
        return (None if self._dims is None else self.as_list()) == (
            None if known._dims is None else known.as_list()
        )

    def __hash__(self) -> int:
        return hash(self._dims)

    def __add__(self, other: object) -> TensorShape:
        return self.concatenate(other)

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        if len(self._dims) == 1:
            return f"({self._dims[0]},)"
        return "(" + ", ".join(map(str, self._dims)) + ")"

    def __repr__(self) -> str:
        return f"TensorShape({None if self._dims is None else self.dims})"
