"""Views: how one tensor is a part, or another arrangement, of another's memory.

A `Step` says it three ways: as an operation (`forward`), as the whole after the part was overwritten (`write`), and on
the memory itself (`select`, `store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from ...compiler.dispatch import Array, leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import InPlaceError, Place
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from ...compiler.ops import RESHAPE, broadcast_to, reshape, slice_, transpose, update_slice
from ...runtime.checking.border import LISTENERS, Cut, tell
from .api import export
from .grad_mode import capturing
from .storage import detached, share, spread
from .tensor import Tensor, give, new

Shape = tuple[int, ...]


class Step:
    """One way of looking at memory."""

    __slots__ = ()
    detaches = False

    def forward(self, array: Array) -> Array:
        """The view as a value computed from the whole."""
        raise NotImplementedError

    def write(self, whole: Array, part: Array) -> Array:
        """The whole, with the view replaced by ``part``."""
        raise NotImplementedError

    def select(self, data: np.ndarray) -> np.ndarray:
        """The view of the memory."""
        raise NotImplementedError

    def store(self, data: np.ndarray, part: np.ndarray) -> None:
        """Overwrite the view of the memory."""
        self.select(data)[...] = part


@dataclass(frozen=True, slots=True)
class Reshape(Step):
    shape: Shape

    def forward(self, array: Array) -> Array:
        return reshape(array, self.shape)  # type: ignore[return-value]

    def write(self, whole: Array, part: Array) -> Array:
        return reshape(spread(part, self.shape), whole.data.shape)  # type: ignore[return-value]

    def select(self, data: np.ndarray) -> np.ndarray:
        return data.reshape(self.shape)


@dataclass(frozen=True, slots=True)
class Permute(Step):
    perm: Shape

    def forward(self, array: Array) -> Array:
        return transpose(array, self.perm)  # type: ignore[return-value]

    def write(self, whole: Array, part: Array) -> Array:
        shape = tuple([whole.data.shape[p] for p in self.perm])
        inverse = sorted(range(len(self.perm)), key=self.perm.__getitem__)
        return transpose(spread(part, shape), inverse)  # type: ignore[return-value]

    def select(self, data: np.ndarray) -> np.ndarray:
        return data.transpose(self.perm)


@dataclass(frozen=True, slots=True)
class Expand(Step):
    shape: Shape

    def forward(self, array: Array) -> Array:
        return broadcast_to(array, self.shape)  # type: ignore[return-value]

    def write(self, whole: Array, part: Array) -> Array:
        if whole.data.shape != self.shape:
            self._refuse()
        return spread(part, self.shape)

    def select(self, data: np.ndarray) -> np.ndarray:
        return np.broadcast_to(data, self.shape)

    def store(self, data: np.ndarray, part: np.ndarray) -> None:
        if data.shape != self.shape:
            self._refuse()
        data[...] = part

    def _refuse(self) -> NoReturn:
        raise InPlaceError(
            "unsupported operation: more than one element of the written-to tensor refers to a single "
            f"memory location (it was expanded to {show_shape(self.shape)})",
            places=(Place("written here", Location.here()),),
            hint="clone() the tensor before performing the operation",
        )


@dataclass(frozen=True, slots=True)
class Select(Step):
    """Basic indexing: a slice of every axis, then axes of extent 1 dropped or added."""

    starts: Shape
    limits: Shape
    strides: Shape
    shape: Shape

    def forward(self, array: Array) -> Array:
        if not array.tracked and not capturing():
            return leaf(self.select(np.asarray(array.data)))
        cut = slice_(array, self.starts, self.limits, self.strides)
        return reshape(cut, self.shape)  # type: ignore[return-value]

    def write(self, whole: Array, part: Array) -> Array:
        cut = tuple(
            [len(range(*w)) for w in zip(self.starts, self.limits, self.strides, strict=True)]
        )
        value = reshape(spread(part, self.shape), cut)
        return update_slice(whole, value, self.starts, self.limits, self.strides)  # type: ignore[return-value]

    def select(self, data: np.ndarray) -> np.ndarray:
        return data[tuple(map(slice, self.starts, self.limits, self.strides))].reshape(self.shape)


class Detach(Step):
    """The same memory with no gradient behind it."""

    __slots__ = ()
    detaches = True

    def forward(self, array: Array) -> Array:
        return detached(array)

    def write(self, whole: Array, part: Array) -> Array:
        return spread(part, whole.data.shape)

    def select(self, data: np.ndarray) -> np.ndarray:
        return data


DETACH = Detach()


def view_of(tensor: Tensor, step: Step) -> Tensor:
    """A tensor that looks at the memory of another.

    Where the step cannot be a view (reshaping elements that do not lie in order), it is a copy, as in PyTorch's
    `reshape`.
    """
    storage = share(tensor)
    whole = tensor.array
    made = step.forward(whole)
    if made is whole and whole.tracked and not capturing():
        # A view is never a leaf, even one that shows the whole.
        made = current().apply(RESHAPE, (whole,), {"shape": whole.data.shape})  # type: ignore[assignment]
    view: Tensor = new(Tensor)
    view.array = made
    data, memory = made.data, whole.data
    if (
        data is memory
        or data.base is memory
        or (data.base is not None and data.base is memory.base)
    ):
        view.shared = storage
        view.steps = (*tensor.steps, step)
        storage.join(view)
    else:
        view.shared = None
    return view


@export("detach")
def detach(input: Tensor) -> Tensor:
    """The same memory with no gradient behind it."""
    if LISTENERS and input.array.tracked:
        tell(Cut(input.array))
    return view_of(input, DETACH)


def _data(self: Tensor) -> Tensor:
    """The same memory, unseen by autograd; assigning gives the tensor other numbers."""
    return view_of(self, DETACH)


def _set_data(self: Tensor, value: Tensor) -> None:
    old = self.array
    source = view_of(value, DETACH)
    made = leaf(source.array.data, old.origin, old.tracked)
    if capturing():
        made = _as_state(source.array, old)
        if made.origin is not None:
            current().wrote(old, made)
    self.array = made
    self.shared = source.shared
    self.steps = source.steps if source.shared is not None else ()
    if self.shared is not None:
        self.shared.join(self)


def _as_state(value: Array, old: Array) -> Array:
    made = Array()
    made.data, made.op, made.inputs, made.attrs = value.data, value.op, value.inputs, value.attrs
    made.code, made.lasti = value.code, getattr(value, "lasti", -1)
    made.tracked, made.origin = old.tracked, old.origin
    return made


def attach_properties() -> None:
    """Give `Tensor` the views that are written as attributes."""

    def transposed(self: Tensor) -> Tensor:
        """All axes in reverse order."""
        return view_of(self, Permute(tuple(range(self.array.data.ndim))[::-1]))

    def matrix_transposed(self: Tensor) -> Tensor:
        """The last two axes swapped."""
        rank = self.array.data.ndim
        return view_of(self, Permute((*range(rank - 2), rank - 1, rank - 2)))

    give(
        T=property(transposed),
        H=property(transposed),
        mT=property(matrix_transposed),
        data=property(_data, _set_data),
    )
