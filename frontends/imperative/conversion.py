"""Other types, other memory, and what a tensor is: `to`, `numpy`, `tolist`, `size`, `stride`, `copy_`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler import ops
from ...compiler.dispatch import leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import DTypeError, GradientError, Place
from ...compiler.ir.dtypes import DType
from ...compiler.location import Location
from .api import export
from .arguments import as_shape, axis_of
from .dtypes import NAMES, dtype, to_ir
from .legacy import named_type, type_name
from .size import LISTENING, Size
from .storage import Storage, expose, fresh, spread
from .tensor import Tensor, give, wrap
from .writing import write


def _as(input: Tensor, kind: DType, copy: bool = False) -> Tensor:
    if input.array.dtype is kind:
        return input.clone() if copy else input
    return wrap(ops.cast(input.array, kind))  # type: ignore[arg-type]


@export("to", function=False)
def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: object = None,
) -> Tensor:
    """The tensor in another type. Devices are accepted; there is one."""
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.dtype
        elif isinstance(a, (_dtype, type)):
            dtype = a
    return _as(input, input.array.dtype if dtype is None else to_ir(dtype), copy)


_dtype = dtype

for _name in ("float", "double", "half", "int", "long", "short", "bool"):

    def _converter(kind: DType) -> Callable[..., Tensor]:
        return lambda input, memory_format=None: _as(input, kind)

    export(_name, function=False)(_converter(NAMES[_name].ir))

export("char", function=False)(_converter(NAMES["int8"].ir))
export("byte", function=False)(_converter(NAMES["uint8"].ir))


@export("type", function=False)
def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor in another type."""
    if dtype is None:
        return type_name(input.array.dtype)
    kind = named_type(dtype)
    if kind is None:
        raise DTypeError(f"invalid type: {dtype!r}", places=(Place("here", Location.here(1)),))
    return _as(input, kind)


@export("type_as", function=False)
def type_as(input: Tensor, other: Tensor) -> Tensor:
    return _as(input, other.array.dtype)


def _stay(name: str) -> None:
    def apply(input: Tensor, *_: Any, **__: Any) -> Tensor:
        return input

    apply.__name__ = name
    export(name, function=False)(apply)


for _name in ("cpu", "cuda", "pin_memory", "share_memory_"):
    _stay(_name)


@export("contiguous", function=False)
def contiguous(input: Tensor, memory_format: object = None) -> Tensor:
    """The tensor with its elements in order in memory: itself if they are."""
    return input if is_contiguous(input) else wrap(fresh(input.array))


@export("is_contiguous", function=False)
def is_contiguous(input: Tensor, memory_format: object = None) -> bool:
    # How a result that shares no memory lies is nobody's business: it counts as lying in order.
    return input.shared is None or bool(np.asarray(input.array.data).flags.c_contiguous)


# --- numbers ---


@export("numpy", function=False)
def numpy(input: Tensor, *, force: bool = False) -> np.ndarray:
    """The memory as a NumPy array: writes are seen on both sides.

    Raises:
        GradientError: the tensor requires grad.
    """
    array = input.array
    current().observed(array)
    if array.tracked and not force:
        raise GradientError(
            "Can't call numpy() on Tensor that requires grad.",
            places=(
                Place("here", Location.here(1)),
                Place(f"it is {array.type}, made here", array.location),
            ),
            hint="use tensor.detach().numpy() instead",
        )
    return expose(input)


@export("tolist", function=False)
def tolist(input: Tensor) -> Any:
    """The numbers as nested lists; a scalar as a number."""
    interpreter = current()
    if interpreter.numbers is not None:
        return interpreter.numbers.listed(input.array)
    interpreter.observed(input.array)
    return input.array.data.tolist()


@export("size", function=False)
def size(input: Tensor, dim: int | None = None) -> Any:
    """The shape, or one extent of it."""
    lengths = current().lengths if LISTENING else None
    if dim is None:
        return Size(input.array.data.shape) if lengths is None else lengths.shape(input.array)
    axis = axis_of(input, dim)
    return input.array.data.shape[axis] if lengths is None else lengths.size(input.array, axis)


@export("dim", "ndimension", function=False)
def dim(input: Tensor) -> int:
    return input.array.data.ndim


@export("numel", "nelement")
def numel(input: Tensor) -> int:
    """The number of elements."""
    lengths = current().lengths if LISTENING else None
    if lengths is not None:
        return lengths.numel(input.array)  # type: ignore[no-any-return]
    return input.array.data.size


@export("element_size", function=False)
def element_size(input: Tensor) -> int:
    """Bytes of one element."""
    return input.array.data.itemsize


@export("stride", function=False)
def stride(input: Tensor, dim: int | None = None) -> Any:
    """How many elements of memory lie between neighbours of each dimension."""
    _tell_sizes(input)
    data = np.asarray(input.array.data)
    if is_contiguous(input):
        found = [1] * data.ndim
        for a in range(data.ndim - 2, -1, -1):
            found[a] = found[a + 1] * max(data.shape[a + 1], 1)
        strides = tuple(found)
    else:
        strides = tuple([s // data.itemsize for s in data.strides])
    return strides if dim is None else strides[axis_of(input, dim)]


def _nbytes(input: Tensor) -> int:
    """Bytes of all elements."""
    _tell_sizes(input)
    return input.array.data.nbytes


def _tell_sizes(input: Tensor) -> None:
    """The program learns something from which sizes follow."""
    if LISTENING and current().lengths is not None:
        current().lengths.told(input.array)


@export("data_ptr", function=False)
def data_ptr(input: Tensor) -> int:
    """The address of the first element."""
    data = expose(input)
    assert input.shared is not None
    input.shared.pinned = True
    return int(data.__array_interface__["data"][0])


@export("storage_offset", function=False)
def storage_offset(input: Tensor) -> int:
    """How many elements of the shared memory lie before the first."""
    _tell_sizes(input)
    if input.shared is None or not input.steps:
        return 0
    root = input.shared.root.data
    address = np.asarray(input.array.data).__array_interface__["data"][0]
    return int((address - root.__array_interface__["data"][0]) // root.itemsize)


@export("is_floating_point")
def is_floating_point(input: Tensor) -> bool:
    return input.array.data.dtype.kind == "f"


@export("is_complex")
def is_complex(input: Tensor) -> bool:
    return False


@export("is_signed")
def is_signed(input: Tensor) -> bool:
    return input.array.data.dtype.kind in "fi"


@export("is_nonzero")
def is_nonzero(input: Tensor) -> bool:
    return bool(input)


@export("is_tensor", method=False)
def is_tensor(obj: object) -> bool:
    return isinstance(obj, Tensor)


@export("is_same_size", "is_set_to", function=False)
def is_same_size(input: Tensor, other: Tensor) -> bool:
    return input.array.data.shape == other.array.data.shape


@export("get_device", function=False)
def get_device(input: Tensor) -> int:
    return -1


@export("is_shared", "is_pinned", function=False)
def is_shared(input: Tensor) -> bool:
    return False


# --- whole tensors overwritten ---


@export("copy_", function=False)
def copy_(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Overwrite with the (broadcast, converted) numbers of another tensor."""
    if src is input:
        return input
    array = spread(src.array, input.array.data.shape)
    write(input, array, "copy_", foreign=array is src.array)
    return input


@export("fill_", function=False)
def fill_(input: Tensor, value: Any) -> Tensor:
    """Overwrite with one number."""
    array = input.array
    if isinstance(value, Tensor):
        source = ops.cast(value.array, array.dtype)
        write(input, fresh(ops.broadcast_to(source, array.shape)), "fill_")  # type: ignore[arg-type]
    else:
        number = array.data.dtype.type(value).item()
        write(input, ops.full(array.shape, number, array.dtype), "fill_")  # type: ignore[arg-type]
    return input


@export("fill")
def fill(input: Tensor, value: Any) -> Tensor:
    return input.clone().fill_(value)  # type: ignore[no-any-return]


@export("zero_", function=False)
def zero_(input: Tensor) -> Tensor:
    """Overwrite with zeros."""
    return fill_(input, 0)


def become(input: Tensor, like: Tensor) -> Tensor:
    """Have the handle stand for another tensor's value, in the same memory (``unsqueeze_``)."""
    input.array = like.array
    input.shared = like.shared
    if like.shared is not None:
        input.steps = like.steps
        like.shared.join(input)
    return input


def _reshaped(name: str) -> None:
    def apply(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        from .api import METHODS

        return become(input, METHODS[name](input, *args, **kwargs))

    apply.__name__ = name + "_"
    export(name + "_", function=False)(apply)


for _name in ("squeeze", "unsqueeze", "transpose", "t", "swapaxes", "detach"):
    _reshaped(_name)


@export("resize_", function=False)
def resize_(input: Tensor, *sizes: Any) -> Tensor:
    """Another shape, with the first numbers kept as far as they reach.

    Raises:
        GradientError: the tensor requires grad.
    """
    shape = as_shape(sizes)
    if input.requires_grad:
        raise GradientError("cannot resize variables that require grad")
    old = np.asarray(input.array.data).reshape(-1)
    data = np.zeros(shape, old.dtype)
    kept = min(old.size, data.size)
    data.reshape(-1)[:kept] = old[:kept]
    input.array = leaf(data, input.array.origin)
    input.shared = None
    return input


@export("resize_as_", function=False)
def resize_as_(input: Tensor, other: Tensor) -> Tensor:
    return resize_(input, *other.array.data.shape)


@export("set_", function=False)
def set_(input: Tensor, source: Tensor | None = None) -> Tensor:
    """Have the tensor look at the memory of another."""
    from .views import detach

    return become(input, input.new_empty(0) if source is None else detach(source))


@export("new", function=False)
def new(input: Tensor, *args: Any) -> Tensor:
    """A new tensor of the same type: sizes, or data."""
    from .legacy import of_type

    return of_type(input.array.dtype, *args)


@export("apply_", function=False)
def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Overwrite each element with what a Python function gives for it."""
    data = np.asarray(input.array.data)
    found = np.array([callable(v) for v in data.reshape(-1).tolist()], data.dtype)
    write(input, leaf(found.reshape(data.shape)), "apply_")
    return input


class UntypedStorage:
    """What ``storage()`` shows: the memory as one flat row."""

    def __init__(self, storage: Storage | None, data: np.ndarray) -> None:
        self._storage = storage
        self._data = data if storage is None else storage.root.data

    def __len__(self) -> int:
        return int(self._data.size)

    def __getitem__(self, i: int) -> Any:
        return self._data.reshape(-1)[i].item()

    def data_ptr(self) -> int:
        if self._storage is not None:
            self._storage.pinned = True
        return int(self._data.__array_interface__["data"][0])

    def nbytes(self) -> int:
        return int(self._data.nbytes)

    def tolist(self) -> list[Any]:
        return self._data.reshape(-1).tolist()


@export("storage", "untyped_storage", function=False)
def storage(input: Tensor) -> UntypedStorage:
    data = expose(input)
    return UntypedStorage(input.shared, data)


def attach() -> None:
    """Give `Tensor` its remaining attributes."""
    give(
        is_cuda=False,
        is_mps=False,
        is_meta=False,
        is_sparse=False,
        is_quantized=False,
        layout="torch.strided",
        itemsize=property(element_size),
        nbytes=property(_nbytes),
        real=property(lambda self: self),
    )
