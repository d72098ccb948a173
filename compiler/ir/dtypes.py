"""Element types: their names in text, in NumPy, and how two of them combine."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class DType:
    """An element type. There is one object for each type; compare with ``is`` or ``==``."""

    name: str
    """The name that NumPy and both frontends use: ``float32``."""
    short: str
    """The name in the text IR: ``f32``."""
    numpy: np.dtype[np.generic] = field(repr=False)

    @property
    def is_float(self) -> bool:
        return self.numpy.kind == "f"

    @property
    def is_integer(self) -> bool:
        return self.numpy.kind in "iu"

    @property
    def is_bool(self) -> bool:
        return self.numpy.kind == "b"

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    def __str__(self) -> str:
        return self.short

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return dtype_of, (self.name,)


def _make(name: str, short: str) -> DType:
    return DType(name, short, np.dtype(name))


float16 = _make("float16", "f16")
float32 = _make("float32", "f32")
float64 = _make("float64", "f64")
int8 = _make("int8", "i8")
int16 = _make("int16", "i16")
int32 = _make("int32", "i32")
int64 = _make("int64", "i64")
uint8 = _make("uint8", "u8")
bool_ = _make("bool", "bool")

ALL = (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)
BY_NUMPY: dict[np.dtype[np.generic], DType] = {t.numpy: t for t in ALL}
BY_SHORT: dict[str, DType] = {t.short: t for t in ALL}
BY_NAME: dict[str, DType] = {t.name: t for t in ALL}


def dtype_of(like: object) -> DType:
    """The element type of a DType, a name (``float32``, ``f32``), or anything that NumPy takes as a dtype.

    Raises:
        DTypeError: the type is one that bifront has no values of (complex, strings, objects).
    """
    if isinstance(like, DType):
        return like
    if isinstance(like, str):
        known = BY_NAME.get(like) or BY_SHORT.get(like)
        if known is not None:
            return known
    try:
        found = BY_NUMPY.get(np.dtype(like))  # type: ignore[call-overload]
    except TypeError:
        found = None
    if found is None:
        from ..errors import DTypeError

        raise DTypeError(
            f"{like!r} is not an element type of bifront",
            hint="use one of " + ", ".join(t.name for t in ALL),
        )
    return found


def promote(a: DType, b: DType) -> DType:
    """The smallest type that both convert to, floats winning over integers over bool.

    A float and an integer give the float, whatever the integer's width: PyTorch's rule
    (https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc), not NumPy's.
    """
    if a is b:
        return a
    if a.is_float != b.is_float:
        return a if a.is_float else b
    if a.is_bool or b.is_bool:
        return b if a.is_bool else a
    return BY_NUMPY[np.promote_types(a.numpy, b.numpy)]
