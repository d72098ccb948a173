"""From what a program writes (numbers, lists, arrays, variables, shapes) to tensors."""

from __future__ import annotations

import numpy as np

from ...compiler import ops
from ...compiler.errors import AttributeValueError, DTypeError, Place
from ...compiler.ir import TensorType
from ...compiler.location import Location
from .build import add_operation, apply
from .dtypes import DType, as_dtype, float32, int32, string
from .dtypes import bool as bool_
from .mode import evaluator
from .shape import Dimension, TensorShape
from .tensor import Tensor

__all__ = ["constant", "convert", "convert_pair", "convert_to_tensor"]


def convert(value: object, dtype: object = None, name: str | None = None) -> Tensor:
    """A tensor of ``value``.

    Args:
        value: a tensor, a variable, a number, a (nested) list of numbers or tensors, an array, a shape.
        dtype: the type that is wanted. Numbers and arrays are converted to it, tensors must have it.
        name: what to call the constant, if one is made.

    Raises:
        DTypeError: a tensor of another type, or a number that the type cannot hold.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    found = _tensor_of(value)
    if found is None and isinstance(value, (list, tuple)) and _holds_tensor(value):
        found = _stack(value, wanted)
    if found is None:
        return constant(value, wanted, name=name or "Const")
    if wanted is not None and found.dtype != wanted:
        raise DTypeError(
            f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype "
            f"{found.dtype.name}: {found.name!r}",
            places=(
                Place("used here", Location.here()),
                Place(f"{found.name!r} was made here", found.op.location),
            ),
            hint=f"convert it with tf.cast(x, tf.{wanted.name})",
        )
    return found


def convert_to_tensor(
    value: object, dtype: object = None, name: str | None = None, preferred_dtype: object = None
) -> Tensor:
    """`convert`; ``preferred_dtype`` is used where it can be and ``dtype`` is not given."""
    if dtype is None and preferred_dtype is not None:
        try:
            return convert(value, preferred_dtype, name)
        except (DTypeError, ValueError):
            pass
    return convert(value, dtype, name)


def convert_pair(
    x: object, y: object, names: tuple[str, str] = ("x", "y")
) -> tuple[Tensor, Tensor]:
    """Two operands: a number or array beside a tensor takes the tensor's type; two tensors must agree.

    Raises:
        DTypeError: they do not, with both lines.
    """
    a, b = _tensor_of(x), _tensor_of(y)
    if (
        a is None
        and b is None
        and isinstance(y, (np.ndarray, np.generic))
        and not isinstance(x, (np.ndarray, np.generic))
    ):
        b = convert(y, name=names[1])
    if a is None:
        a = convert(x, b.dtype if b is not None else None, names[0])
    if b is None:
        b = convert(y, a.dtype, names[1])
    require_same_dtype(a, b)
    return a, b


def require_same_dtype(*tensors: Tensor) -> None:
    """Raises: DTypeError: the tensors have different element types; TensorFlow 1 never promotes."""
    first = tensors[0]
    for other in tensors[1:]:
        if other.dtype != first.dtype:
            raise DTypeError(
                f"{first.name!r} has type {first.dtype.name} and {other.name!r} has type "
                f"{other.dtype.name}: the types must match",
                places=(
                    Place("used together here", Location.here()),
                    Place(f"{first.name!r} ({first.dtype.name}) was made here", first.op.location),
                    Place(f"{other.name!r} ({other.dtype.name}) was made here", other.op.location),
                ),
                hint=f"convert one of them, for example tf.cast(y, tf.{first.dtype.name})",
            )


def constant(
    value: object,
    dtype: object = None,
    shape: object = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """A tensor of fixed numbers.

    Args:
        value: a number, a (nested) list, an array or a string.
        dtype: by default float32 for Python floats, int32 for Python integers, and an array's own type.
        shape: the shape to fill; a value with fewer elements is repeated in its last one.

    Raises:
        DTypeError: the numbers do not fit the type.
        ValueError: they do not fit the shape.
    """
    kind = None if dtype is None else as_dtype(dtype)
    if kind == string or (kind is None and _is_text(value)):
        return _text(value, name)
    data = _array(value, kind)
    if shape is not None:
        data = _fill(data, TensorShape(shape))
    data = np.ascontiguousarray(data) if data.ndim else data
    data.flags.writeable = False
    evaluating = evaluator()
    if evaluating is not None and isinstance(value, np.ndarray):
        return evaluating.data(data)
    return apply(
        "Const",
        lambda: ops.constant(data),
        name=name,
        attrs={"value": data, "dtype": as_dtype(data.dtype)},
    )


def _tensor_of(value: object) -> Tensor | None:
    if isinstance(value, Tensor):
        return value
    if hasattr(value, "_as_tensor"):
        found: Tensor = value._as_tensor()
        return found
    return None


def _holds_tensor(values: object) -> bool:
    if isinstance(values, (list, tuple)):
        return any(_holds_tensor(v) for v in values)
    return hasattr(values, "_as_tensor")


def _stack(values: list[object] | tuple[object, ...], dtype: DType | None) -> Tensor:
    """A list with tensors in it becomes one tensor, as `tf.stack` makes it."""
    like = dtype
    pending: list[object] = list(values)
    while like is None and pending:
        value = pending.pop()
        if isinstance(value, (list, tuple)):
            pending.extend(value)
        else:
            found = _tensor_of(value)
            like = found.dtype if found is not None else None
    parts = [convert(v, like) for v in values]
    return apply(
        "Pack",
        lambda *xs: ops.concatenate([ops.expand_dims(x, 0) for x in xs], 0),
        *parts,
        name="packed",
    )


def _is_text(value: object) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "USO"
    return isinstance(value, (str, bytes))


def _text(value: object, name: str) -> Tensor:
    def encode(item: object) -> object:
        return item.encode() if isinstance(item, str) else item

    array = np.asarray(value, dtype=object)
    data: object = encode(value)
    if array.ndim:
        data = np.array([encode(x) for x in array.flat], object).reshape(array.shape)
    op = add_operation("Const", None, name=name, outputs=[(string, None)], host=lambda _: data)
    return op.outputs[0]


def _array(value: object, dtype: DType | None) -> np.ndarray:
    if isinstance(value, TensorShape):
        value = value.as_list()
    elif isinstance(value, Dimension):
        value = int(value)
    if isinstance(value, (np.ndarray, np.generic)):
        known = as_dtype(value.dtype)
        return np.array(value, (dtype or known).ir.numpy)
    plain = _plain(value)
    try:
        data = np.array(plain)
    except ValueError:
        data = np.array(None, dtype=object)
    if data.dtype.kind not in "biuf":
        raise DTypeError(
            f"{value!r:.200} is not a tensor of numbers: its rows differ in length, or it holds "
            f"something that is no number"
            if isinstance(value, (list, tuple))
            else f"Failed to convert object of type {type(value).__name__} to Tensor: {value!r:.200}",
            places=(Place("used here", Location.here()),),
            hint="give numbers, (nested) lists of equal length, NumPy arrays or tensors",
        )
    if _mixed_with_arrays(value):
        natural = as_dtype(data.dtype)
    else:
        natural = {"b": bool_, "f": float32}.get(data.dtype.kind, int32)
    wanted = dtype or natural
    if not data.size and dtype is None:
        wanted = float32
    _require_fit(value, data, wanted)
    return data.astype(wanted.ir.numpy)


def _plain(value: object) -> object:
    """Nested lists with dimensions turned into integers."""
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return int(value) if isinstance(value, Dimension) else value


def _mixed_with_arrays(value: object) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (np.ndarray, np.generic))


def _require_fit(value: object, data: np.ndarray, dtype: DType) -> None:
    kind, wanted = data.dtype.kind, dtype.ir
    fits = (
        wanted.is_float
        if kind == "f"
        else (wanted.is_integer or wanted.is_float)
        if kind in "iu"
        else wanted.is_bool
    )
    if fits and wanted.is_integer and data.size:
        fits = dtype.min <= int(data.min()) and int(data.max()) <= dtype.max
    if not fits and data.size and not isinstance(value, (np.ndarray, np.generic)):
        names = {"f": "float", "b": "bool"}
        raise DTypeError(
            f"Expected {dtype.name}, got {value!r:.200} of type '{names.get(kind, 'int')}' instead",
            places=(Place("used here", Location.here()),),
            hint="write the number in the tensor's type, or convert the tensor with tf.cast",
        )


def _fill(data: np.ndarray, shape: TensorShape) -> np.ndarray:
    dims = [int(d) for d in shape]
    size = int(np.prod(dims))
    if data.size == size:
        return data.reshape(dims)
    if not data.size or data.size > size:
        raise AttributeValueError(
            f"Too many elements provided. Needed at most {size}, but received {data.size}"
            if data.size
            else f"no elements to fill the shape {shape} with"
        )
    flat = data.ravel()
    return np.concatenate([flat, np.full(size - flat.size, flat[-1], flat.dtype)]).reshape(dims)


def known_type(tensor: Tensor) -> TensorType:
    """Its type. Raises: ValueError: its rank is not known."""
    if tensor.type is None:
        raise AttributeValueError(
            f"the shape of {tensor.name!r} must be known here: give its placeholder a shape"
        )
    return tensor.type
