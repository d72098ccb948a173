"""Element types under PyTorch's names: `torch.float32` and its aliases, and the default one."""

from __future__ import annotations

import numpy as np

from ...compiler.errors import DTypeError
from ...compiler.ir import dtypes as ir
from ...compiler.ir.dtypes import DType


class dtype:  # noqa: N801
    """An element type. There is one object for each; compare with ``is`` or ``==``."""

    __slots__ = ("ir", "name")

    def __init__(self, type: DType) -> None:
        self.ir = type
        self.name = type.name

    @property
    def is_floating_point(self) -> bool:
        return self.ir.is_float

    @property
    def is_complex(self) -> bool:
        return False

    @property
    def is_signed(self) -> bool:
        return self.ir.numpy.kind in "fi"

    @property
    def itemsize(self) -> int:
        return self.ir.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return named, (self.name,)


BY_IR: dict[DType, dtype] = {t: dtype(t) for t in ir.ALL}
BY_NUMPY: dict[np.dtype[np.generic], dtype] = {t.numpy: d for t, d in BY_IR.items()}
BY_NAME: dict[str, dtype] = {d.name: d for d in BY_IR.values()}

ALIASES = {
    "half": "float16", "float": "float32", "double": "float64",
    "short": "int16", "int": "int32", "long": "int64",
}  # fmt: skip
NAMES: dict[str, dtype] = {**BY_NAME, **{a: BY_NAME[n] for a, n in ALIASES.items()}}
"""What ``torch.NAME`` gives."""

float16 = half = NAMES["float16"]
float32 = NAMES["float32"]
float64 = double = NAMES["float64"]
int8 = NAMES["int8"]
int16 = short = NAMES["int16"]
int32 = NAMES["int32"]
int64 = long = NAMES["int64"]
uint8 = NAMES["uint8"]

LEGACY: dict[str, DType] = {
    "HalfTensor": ir.float16, "FloatTensor": ir.float32, "DoubleTensor": ir.float64,
    "CharTensor": ir.int8, "ShortTensor": ir.int16, "IntTensor": ir.int32, "LongTensor": ir.int64,
    "ByteTensor": ir.uint8, "BoolTensor": ir.bool_,
}  # fmt: skip
"""Names of the tensor types of old, which `Tensor.type()` still gives."""

_PYTHON: dict[object, DType] = {float: ir.float64, int: ir.int64, bool: ir.bool_}


def named(name: str) -> dtype:
    """The type with this name; for unpickling."""
    return BY_NAME[name]


def to_ir(like: dtype | DType | type) -> DType:
    """The compiler's type for a ``torch.dtype`` or for Python's ``float``, ``int`` and ``bool``.

    Raises:
        DTypeError: it is none of these.
    """
    if isinstance(like, dtype):
        return like.ir
    if isinstance(like, DType):
        return like
    found = _PYTHON.get(like)
    if found is None:
        raise DTypeError(f"argument 'dtype' must be torch.dtype, not {type(like).__name__}")
    return found


class _Default:
    """The type of floats that nobody typed."""

    __slots__ = ("type",)

    def __init__(self) -> None:
        self.type = ir.float32


default = _Default()


def get_default_dtype() -> dtype:
    """The type of tensors made from Python floats."""
    return BY_IR[default.type]


def set_default_dtype(d: dtype) -> None:
    """Choose the type of tensors made from Python floats.

    Raises:
        DTypeError: ``d`` is not a float type.
    """
    chosen = to_ir(d)
    if not chosen.is_float:
        raise DTypeError(f"only floating-point types are supported as the default type, not {d}")
    default.type = chosen


Like = dtype | DType | type | None
"""What a ``dtype=`` argument may be."""
