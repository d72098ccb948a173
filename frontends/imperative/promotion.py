"""Which element type a result has: PyTorch's rules (torch.result_type).

Dimensioned tensors decide before scalar tensors, and those before Python numbers; who comes later only counts where it
is of a higher category (bool < integer < float).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler.dispatch import Array
from ...compiler.errors import DTypeError
from ...compiler.ir.dtypes import BY_NUMPY, DType, bool_, int64, promote
from ...compiler.ops import cast
from .dtypes import BY_IR, default, dtype, to_ir
from .tensor import Tensor

Operand = Tensor | bool | int | float


def category(type: DType) -> int:
    return 2 if type.is_float else 0 if type.is_bool else 1


def number_type(number: bool | int | float) -> DType:
    """The type of a Python number that stands alone."""
    if isinstance(number, bool):
        return bool_
    return int64 if isinstance(number, int) else default.type


def operand(x: Any, name: str) -> Operand:
    """A tensor or a Python number, out of whatever may stand for one.

    Raises:
        DTypeError: it is neither, nor a NumPy value.
    """
    if isinstance(x, np.generic):  # before the next: a np.float64 is a float too
        return x.item()  # type: ignore[no-any-return]
    if isinstance(x, (Tensor, bool, int, float)):
        return x
    if isinstance(x, np.ndarray):
        from .creation import from_numpy

        return from_numpy(x)
    raise DTypeError(
        f"{name}(): an operand must be a Tensor or a number, not {type(x).__name__}",
        hint="make a tensor of it with torch.tensor(...)",
    )


def joint_type(operands: list[Operand]) -> DType:
    """The type of the result of an operation on these."""
    found: list[DType | None] = [None, None, None]
    for x in operands:
        if isinstance(x, Tensor):
            data = x.array.data
            rank, kind = (0 if data.ndim else 1), BY_NUMPY[data.dtype]
        else:
            rank, kind = 2, number_type(x)
        known = found[rank]
        found[rank] = kind if known is None else promote(known, kind)
    result: DType | None = None
    for kind_or_none in found:
        if kind_or_none is None:
            continue
        if result is None or category(kind_or_none) > category(result):
            result = kind_or_none
    assert result is not None
    return result


def result_type(a: Operand, b: Operand) -> dtype:
    """The type of the result of an arithmetic operation on two tensors or numbers."""
    return BY_IR[joint_type([a, b])]


def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest type that both convert to."""
    return BY_IR[promote(to_ir(a), to_ir(b))]


def can_cast(a: dtype, b: dtype) -> bool:
    """Whether PyTorch lets values of type ``a`` be written into a tensor of type ``b``."""
    return category(to_ir(a)) <= category(to_ir(b))


def as_array(x: Operand, type: DType) -> Array:
    """The operand as a value of the given type."""
    if isinstance(x, Tensor):
        return cast(x.array, type)  # type: ignore[return-value]
    from ...compiler.ops import constant

    return constant(x, type)  # type: ignore[return-value]


def pair(a: Any, b: Any, name: str, floats: bool = False) -> tuple[Array | float, Array | float]:
    """Two operands of one type; a Python number stays one.

    Args:
        floats: integers become the default float type (true division).
    """
    a, b = operand(a, name), operand(b, name)
    kind = joint_type([a, b])
    if floats and not kind.is_float:
        kind = default.type
    if isinstance(a, Tensor):
        return cast(a.array, kind), _beside(b, kind)  # type: ignore[return-value]
    if isinstance(b, Tensor):
        return _beside(a, kind), cast(b.array, kind)  # type: ignore[return-value]
    return as_array(a, kind), as_array(b, kind)


def _beside(x: Operand, kind: DType) -> Array | float:
    if isinstance(x, Tensor):
        return cast(x.array, kind)  # type: ignore[return-value]
    if kind.is_bool:
        return as_array(x, kind)
    if not kind.is_float:
        x = int(x)
        if kind is not int64:
            # Beyond the range PyTorch wraps around, NumPy refuses.
            x = int(np.asarray(x).astype(kind.numpy))
    return x


def to_float(x: Tensor) -> Array:
    """The value, with integers and bools as the default float type."""
    array = x.array
    return array if array.data.dtype.kind == "f" else cast(array, default.type)  # type: ignore[return-value]
