"""What a tensor is, as Python objects: its numbers, sizes and memory. `numpy`, `tolist`, `size`, `stride`, ..."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler.dispatch.current import current
from ...compiler.errors import GradientError, Place
from ...compiler.location import Location
from .api import export
from .arguments import axis_of
from .conversion import is_contiguous
from .size import LISTENING, Size
from .storage import Storage, expose
from .tensor import Tensor, give


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
