"""New tensors: from data, filled, counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...compiler.dispatch import Array, leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import AttributeValueError, DTypeError, Place
from ...compiler.ir.dtypes import BY_NUMPY, DType, bool_, int64
from ...compiler.location import Location, caller
from ...compiler.ops import FULL
from ...runtime.checking.border import LISTENERS, Unset, tell
from .api import export
from .arguments import as_shape
from .dtypes import Like, default, to_ir
from .grad_mode import capturing
from .storage import adopt, fresh
from .tensor import Tensor, wrap


def made(array: Array, requires_grad: bool = False) -> Tensor:
    """A new tensor, as a leaf of the program."""
    tensor = wrap(array)
    if array.code is None:
        array.code, array.lasti = caller(1)
    if requires_grad:
        tensor.requires_grad_()
    return tensor


def literal(data: np.ndarray, requires_grad: bool = False) -> Tensor:
    """A new tensor of numbers that the program says."""
    array = current().constant(data) if capturing() else leaf(data)
    return made(array, requires_grad)  # type: ignore[arg-type]


def filled(shape: tuple[int, ...], value: Any, kind: DType, requires_grad: bool = False) -> Tensor:
    """A new tensor of one repeated number."""
    if capturing():
        attrs = {"value": value, "shape": shape, "dtype": kind}
        return made(current().apply(FULL, (), attrs), requires_grad)  # type: ignore[arg-type]
    data = np.zeros(shape, kind.numpy) if value == 0 else np.full(shape, value, kind.numpy)
    return made(leaf(data), requires_grad)


def kind_of(kind: Like) -> DType:
    return default.type if kind is None else to_ir(kind)


# --- from data ---


def numbers_of(data: Any, kind: DType | None) -> tuple[np.ndarray, bool]:
    """A new array of the data, and whether the program itself said the numbers (or only where they are)."""
    if isinstance(data, Tensor):
        current().observed(data.array)
        return np.array(data.array.data, kind.numpy if kind else None), False
    if isinstance(data, (np.ndarray, np.generic)):
        return _known(np.array(data, kind.numpy if kind else None)), False
    if isinstance(data, (int, float)):
        data = data.__class__(data)  # in a trace it may be a number that came out of a tensor
    elif hasattr(data, "__array__"):
        return _known(np.array(data.__array__(), kind.numpy if kind else None)), False
    said: bool | None = True
    if isinstance(data, (list, tuple, range)):
        data, said = _nested(data)
    try:
        found = np.array(data)
    except ValueError:
        found = np.array(None)
    if found.dtype == object or found.dtype.kind not in "biuf":
        raise _not_numbers(data)
    if kind is not None:
        return found.astype(kind.numpy), bool(said)
    if found.size == 0 or (found.dtype.kind == "f" and said is True):
        return found.astype(default.type.numpy), bool(said)
    return _known(found), bool(said)


def _nested(data: Any) -> tuple[Any, bool | None]:
    """Lists with tensors in them as lists of numbers; None where arrays decide the type."""
    said: bool | None = True
    rows = []
    for x in data:
        if isinstance(x, Tensor):
            rows.append(x.tolist())
        elif isinstance(x, (list, tuple)):
            row, ok = _nested(x)
            rows.append(row)
            said = said if ok is True else ok
        else:
            if isinstance(x, np.ndarray):
                said = None
            # A NumPy scalar in a list counts as the Python number.
            rows.append(x.item() if isinstance(x, np.generic) else x)
    return rows, said


def _not_numbers(data: Any) -> Exception:
    lengths = (
        {len(x) for x in data if isinstance(x, (list, tuple))} if isinstance(data, list) else set()
    )
    place = (Place("here", Location.here()),)
    if len(lengths) > 1:
        first, second = sorted(lengths)[:2]
        return AttributeValueError(
            f"expected sequences of one length, but got lengths {first} and {second}", places=place
        )
    kind = type(data).__name__
    if isinstance(data, list) and data:
        kind = f"list of {type(data[0]).__name__}"
    return DTypeError(f"could not infer dtype of {kind}: a tensor holds numbers", places=place)


def _known(data: np.ndarray) -> np.ndarray:
    if data.dtype not in BY_NUMPY:
        if data.dtype.kind in "biuf" and data.dtype.newbyteorder("=") in BY_NUMPY:
            return data.astype(data.dtype.newbyteorder("="))
        raise DTypeError(
            f"can't convert np.ndarray of type numpy.{data.dtype.name}. The only supported types are: "
            "float64, float32, float16, int64, int32, int16, int8, uint8, and bool.",
            places=(Place("here", Location.here()),),
        )
    return data


def tensor(
    data: Any,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new tensor with a copy of the data: numbers, nested lists, NumPy arrays.

    Raises:
        DTypeError, AttributeValueError: the data are no numbers, or not rectangular.
    """
    found, said = numbers_of(data, None if dtype is None else to_ir(dtype))
    return literal(found, requires_grad) if said else made(leaf(found), requires_grad)


def as_tensor(data: Any, dtype: Like = None, device: object = None) -> Tensor:
    """The data as a tensor, without a copy where that is possible."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray):
        shared = from_numpy(data)
        return shared if dtype is None else shared.to(dtype)
    return tensor(data, dtype=dtype)


export("asarray", method=False)(as_tensor)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor over the memory of a NumPy array: writes are seen on both sides.

    Raises:
        DTypeError: it is no array, or of a type that tensors do not have.
    """
    if not isinstance(ndarray, np.ndarray):
        raise DTypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    known = _known(ndarray)
    if any(s < 0 for s in known.strides):
        raise AttributeValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are "
            "not currently supported.",
            places=(Place("here", Location.here(1)),),
            hint="make a copy of your array with array.copy()",
        )
    made_ = adopt(known)
    made_.array.code, made_.array.lasti = caller(0)
    return made_


def scalar_tensor(s: Any, *, dtype: Like = None, device: object = None) -> Tensor:
    return literal(np.array(s, kind_of(dtype).numpy))


# --- filled ---


def _filler(name: str, value: int) -> Callable[..., Tensor]:
    def fill(
        *size: Any,
        dtype: Like = None,
        device: object = None,
        requires_grad: bool = False,
        layout: object = None,
        pin_memory: bool = False,
        memory_format: object = None,
        out: Tensor | None = None,
        **shape: Any,
    ) -> Tensor:
        if "size" in shape:
            size = (shape.pop("size"),)
        if shape:
            raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(shape))}'")
        if out is not None:
            out.resize_(as_shape(size))
            return out.fill_(value)  # type: ignore[no-any-return]
        made = filled(as_shape(size), value, kind_of(dtype), requires_grad)
        if LISTENERS and name == "empty":
            tell(Unset(made.array.data))
        return made

    fill.__name__ = name
    fill.__doc__ = f"A new tensor of {value}s of the given shape."
    return fill


zeros = _filler("zeros", 0)
ones = _filler("ones", 1)
empty = _filler("empty", 0)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
    layout: object = None,
) -> Tensor:
    """A new tensor of one repeated number; its type follows the number's."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if dtype is not None:
        kind = to_ir(dtype)
    elif isinstance(fill_value, bool):
        kind = bool_
    else:
        kind = int64 if isinstance(fill_value, int) else default.type
    return filled(as_shape((size,)), fill_value, kind, requires_grad)


def _like(name: str, value: int) -> None:
    def like(
        input: Tensor,
        *,
        dtype: Like = None,
        device: object = None,
        requires_grad: bool = False,
        layout: object = None,
        memory_format: object = None,
    ) -> Tensor:
        kind = input.array.dtype if dtype is None else to_ir(dtype)
        made = filled(input.array.data.shape, value, kind, requires_grad)
        if LISTENERS and name == "empty":
            tell(Unset(made.array.data))
        return made

    like.__name__ = f"{name}_like"
    export(f"{name}_like", method=False)(like)

    def new(
        self: Tensor,
        *size: Any,
        dtype: Like = None,
        device: object = None,
        requires_grad: bool = False,
    ) -> Tensor:
        kind = self.array.dtype if dtype is None else to_ir(dtype)
        return filled(as_shape(size), value, kind, requires_grad)

    new.__name__ = f"new_{name}"
    export(f"new_{name}", function=False)(new)


_like("zeros", 0)
_like("ones", 1)
_like("empty", 0)


@export("full_like", method=False)
def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    kind = input.array.dtype if dtype is None else to_ir(dtype)
    return filled(input.array.data.shape, fill_value, kind, requires_grad)


@export("new_full", function=False)
def new_full(
    self: Tensor,
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    kind = self.array.dtype if dtype is None else to_ir(dtype)
    return filled(as_shape((size,)), fill_value, kind, requires_grad)


@export("new_tensor", function=False)
def new_tensor(
    self: Tensor,
    data: Any,
    *,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    kind = self.array.dtype if dtype is None else to_ir(dtype)
    return tensor(data, dtype=kind, requires_grad=requires_grad)


@export("clone", function=True)
def clone(input: Tensor, *, memory_format: object = None) -> Tensor:
    """The same numbers in memory of their own; gradients flow through."""
    return wrap(fresh(input.array))


for _function in (tensor, as_tensor, from_numpy, scalar_tensor, zeros, ones, empty, full):
    export(_function.__name__, method=False)(_function)
