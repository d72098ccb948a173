"""Element types as TensorFlow 1 shows them: ``tf.float32`` prints ``<dtype: 'float32'>``."""

from __future__ import annotations

import numpy as np

from ...compiler.errors import DTypeError
from ...compiler.ir import DType as IRDType
from ...compiler.ir import dtypes as ir

__all__ = [
    "DType", "as_dtype",
    "float16", "float32", "float64", "half", "double",
    "int8", "int16", "int32", "int64", "uint8", "bool", "string",
]  # fmt: skip

_builtin_bool = bool


class DType:
    """An element type. Compares equal to its name and to the NumPy type of the same name."""

    __slots__ = ("_ir", "name")

    def __init__(self, name: str, ir: IRDType | None) -> None:
        self.name = name
        self._ir = ir

    @property
    def ir(self) -> IRDType:
        """The compiler's own element type.

        Raises:
            DTypeError: this type has no numbers (``tf.string``).
        """
        if self._ir is None:
            raise DTypeError(f"a tensor of {self} cannot be computed with")
        return self._ir

    @property
    def is_numeric(self) -> _builtin_bool:
        return self._ir is not None

    @property
    def as_numpy_dtype(self) -> type:
        return self._ir.numpy.type if self._ir is not None else np.object_

    @property
    def base_dtype(self) -> DType:
        return self

    real_dtype = base_dtype

    @property
    def is_floating(self) -> _builtin_bool:
        return self._ir is not None and self._ir.is_float

    @property
    def is_integer(self) -> _builtin_bool:
        return self._ir is not None and self._ir.is_integer

    @property
    def is_bool(self) -> _builtin_bool:
        return self._ir is not None and self._ir.is_bool

    @property
    def is_complex(self) -> _builtin_bool:
        return False

    @property
    def is_unsigned(self) -> _builtin_bool:
        return self._ir is not None and self._ir.numpy.kind == "u"

    @property
    def min(self) -> float:
        return self._limits()[0]

    @property
    def max(self) -> float:
        return self._limits()[1]

    def _limits(self) -> tuple[float, float]:
        """The smallest and the largest number: Python's, of the kind that the type holds."""
        kind: type = self.ir.numpy.type
        if self.is_floating:
            return float(np.finfo(kind).min), float(np.finfo(kind).max)
        return int(np.iinfo(kind).min), int(np.iinfo(kind).max)

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.ir.itemsize

    def is_compatible_with(self, other: object) -> _builtin_bool:
        return self == other

    def __eq__(self, other: object) -> _builtin_bool:
        if isinstance(other, DType):
            return self.name == other.name
        try:
            return other is not None and as_dtype(other).name == self.name
        except DTypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"


float16 = half = DType("float16", ir.float16)
float32 = DType("float32", ir.float32)
float64 = double = DType("float64", ir.float64)
int8 = DType("int8", ir.int8)
int16 = DType("int16", ir.int16)
int32 = DType("int32", ir.int32)
int64 = DType("int64", ir.int64)
uint8 = DType("uint8", ir.uint8)
bool = DType("bool", ir.bool_)
string = DType("string", None)

_BY_NAME = {
    t.name: t for t in (float16, float32, float64, int8, int16, int32, int64, uint8, bool, string)
} | {"half": float16, "float": float32, "double": float64}
_BY_PYTHON: dict[object, DType] = {float: float32, _builtin_bool: bool, str: string, bytes: string}


def as_dtype(like: object) -> DType:
    """The element type of a `DType`, a name (also ``"float"``, ``"double"``), or a NumPy or Python type.

    Raises:
        DTypeError: there is no such type.
    """
    if isinstance(like, DType):
        return like
    if isinstance(like, IRDType):
        return _BY_NAME[like.name]
    known = _BY_NAME.get(like) if isinstance(like, str) else _BY_PYTHON.get(like)
    if known is not None:
        return known
    try:
        kind = np.dtype(like)  # type: ignore[call-overload]
    except TypeError:
        kind = None
    if kind is not None and kind.kind in "USO":
        return string
    if kind is None or kind.name not in _BY_NAME:
        raise DTypeError(
            f"Cannot convert value {like!r} to a TensorFlow DType",
            hint="use one of " + ", ".join(f"tf.{n}" for n in _BY_NAME if n != "float"),
        )
    return _BY_NAME[kind.name]
