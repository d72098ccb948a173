"""Memory that several tensors share (`writing` says how it is overwritten)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from ...compiler.dispatch import Array, leaf, using
from ...compiler.dispatch.current import current
from ...compiler.dispatch.eager import EAGER
from ...compiler.ops import RESHAPE, broadcast_to, stop_gradient
from .grad_mode import capturing, is_grad_enabled
from .tensor import Tensor, new

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .views import Step

__all__ = ["Storage", "expose", "fresh", "replace", "settle", "shadow", "share", "twin"]


class Storage:
    """Memory shared by several tensors.

    Attributes:
        root: the value of the whole memory now.
        exported: whether a NumPy array that the program holds is over this memory, so that it must stay where it is.
        pinned: whether the program knows the address, so that it must stay there for good.
    """

    __slots__ = ("_arrays", "_limit", "_tensors", "exported", "pinned", "root")

    def __init__(self, root: Array) -> None:
        self.root = root
        self.exported = False
        self.pinned = False
        self._tensors: list[ref[Tensor]] = []
        self._arrays: list[ref[Array]] = [ref(root)]
        self._limit = 16

    def join(self, tensor: Tensor) -> None:
        """Have writes reach ``tensor``, and know its array as one over this memory."""
        self._tensors.append(ref(tensor))
        self._arrays.append(ref(tensor.array))
        if len(self._tensors) > self._limit:
            self._tensors = [r for r in self._tensors if r() is not None]
            self._arrays = [r for r in self._arrays if r() is not None]
            self._limit = 16 + 2 * max(len(self._tensors), len(self._arrays))

    def tensors(self) -> Iterator[Tensor]:
        for r in self._tensors:
            tensor = r()
            if tensor is not None and tensor.shared is self:
                yield tensor

    def arrays(self) -> Iterator[Array]:
        """The values over this memory that are still alive, each once."""
        found = {id(a): a for r in self._arrays if (a := r()) is not None}
        found[id(self.root)] = self.root
        yield from found.values()

    def exclusive(self) -> bool:
        """Whether nobody but the tensors of this storage can see the memory."""
        data = self.root.data
        if data.base is not None or not data.flags.writeable:
            return False
        known = sum(a.data is data or getattr(a.data, "base", None) is data for a in self.arrays())
        # NumPy's views keep their base alive, so counting references counts views; one reference is the local `data`,
        # one the argument. Views that a library function made stand in nobody's list.
        return sys.getrefcount(data) <= known + 2

    def unseen(self) -> bool:
        """Whether all NumPy arrays are gone that the program was given over this memory."""
        data = self.root.data
        if self.pinned or data.base is not None or not data.flags.owndata:
            return False
        known = sum(a.data is data for a in self.arrays())
        return sys.getrefcount(data) <= known + 2

    def renew(self, root: Array) -> None:
        """Derive every tensor's value from a new root."""
        self.root = root
        live = list(self.tensors())
        self._tensors = [ref(t) for t in live]
        self._arrays = [ref(root)]
        for tensor in live:
            tensor.array = _derive(tensor, root)
            self._arrays.append(ref(tensor.array))


def _derive(tensor: Tensor, root: Array) -> Array:
    if not tensor.steps:
        return root
    old = tensor.array
    if old.origin is not None:  # a detached tensor that was made a leaf of its own
        if capturing():
            return _derived_leaf(old, tensor.steps, root)
        data = root.data
        for step in tensor.steps:
            data = step.select(data)
        return leaf(data, old.origin, old.tracked)
    array = root
    with using(current().with_grad(old.tracked or root.tracked)):
        for step in tensor.steps:
            array = step.forward(array)
    return array


def _derived_leaf(old: Array, steps: tuple[Step, ...], root: Array) -> Array:
    """The leaf's next value as a trace sees it: computed as the root was, and still the same leaf."""
    array = root
    for step in steps:
        if not step.detaches:
            array = step.forward(array)
    made = twin(array)
    made.origin, made.tracked = old.origin, old.tracked
    current().wrote(old, made)
    return made


def settle(tensor: Tensor) -> bool:
    """Whether the tensor shares its memory with no other; if those that it shared with are gone, that is forgotten."""
    storage = tensor.shared
    if storage is None:
        return True
    if not all(step.detaches for step in tensor.steps):
        return False
    if any(t is not tensor for t in storage.tensors()):
        return False
    if storage.exported and not storage.unseen():
        return False
    tensor.shared = None
    tensor.steps = ()
    return True


def share(tensor: Tensor) -> Storage:
    """The tensor's storage; made when somebody is about to share the memory."""
    storage = tensor.shared
    if storage is None:
        array = tensor.array
        data = array.data
        if data.__class__ is not np.ndarray:
            array.data = np.asarray(data)
        elif not data.flags.c_contiguous:
            # How an operation laid its result out is its own business; from now on it can be seen.
            array.data = np.ascontiguousarray(data)
        storage = tensor.shared = Storage(array)
        tensor.steps = ()
        storage.join(tensor)
    return storage


def expose(tensor: Tensor) -> np.ndarray:
    """The memory itself, for NumPy: writes are seen on both sides from now on."""
    storage = share(tensor)
    if not storage.exported:
        if not storage.exclusive() and not _owned_elsewhere(storage):
            _move(storage)
        storage.exported = True
    return tensor.array.data


def _owned_elsewhere(storage: Storage) -> bool:
    return not storage.root.data.flags.writeable and storage.root.op is None


def _move(storage: Storage) -> None:
    """Leave the old memory to those who look at it unknown to us."""
    root = storage.root
    data = np.array(root.data, order="C")
    places = {id(root): data}
    for tensor in storage.tensors():
        part = data
        for step in tensor.steps:
            part = step.select(part)
        places[id(tensor.array)] = part
    for array in storage.arrays():
        if id(array) in places:
            array.data = places[id(array)]


def adopt(data: np.ndarray) -> Tensor:
    """A tensor over memory that belongs to somebody else; writes are seen on both sides."""
    t: Tensor = new(Tensor)
    t.array = leaf(data)
    t.shared = Storage(t.array)
    t.shared.exported = True
    t.steps = ()
    t.shared.join(t)
    return t


def replace(tensor: Tensor, array: Array) -> None:
    """Give the tensor another value over the same numbers."""
    tensor.array = array
    storage = tensor.shared
    if storage is not None:
        if not tensor.steps:
            storage.root = array
        storage.join(tensor)


def shadow(tensor: Tensor) -> Tensor:
    """The tensor as an operand of the operation that will overwrite it.

    Its array is a twin that stays undamaged, because what overwrites a value may need the old one for its own gradient
    (``x *= y``).
    """
    if not is_grad_enabled() or capturing():
        return tensor
    t: Tensor = new(Tensor)
    t.array = twin(tensor.array)
    t.shared = None
    if tensor.shared is not None:
        t.array.data = tensor.array.data.copy()
    return t


def twin(array: Array) -> Array:
    """The same value once more, which damage to the other does not reach."""
    made = Array()
    made.data = array.data
    made.op = array.op
    made.inputs = array.inputs
    made.attrs = array.attrs
    made.tracked = array.tracked
    made.code = array.code
    if array.code is not None:
        made.lasti = array.lasti
    made.origin = array.origin
    return made


def fresh(array: Array) -> Array:
    """A value equal to one that stands for another tensor, with numbers of its own; gradients flow through."""
    if not array.tracked and not capturing():
        return leaf(np.array(array.data))
    made = current().apply(RESHAPE, (array,), {"shape": array.data.shape})
    assert isinstance(made, Array)
    made.data = np.array(array.data)
    return made


def spread(value: Array, shape: tuple[int, ...]) -> Array:
    """The value broadcast to what it overwrites."""
    lead = value.data.ndim - len(shape)
    if lead > 0 and value.data.shape[:lead] == (1,) * lead:
        from ...compiler.ops import reshape

        value = reshape(value, value.data.shape[lead:])  # type: ignore[assignment]
    return broadcast_to(value, shape)  # type: ignore[return-value]


def detached(array: Array) -> Array:
    """The same numbers with no gradient behind them; an operation only where a trace must see it."""
    if capturing():
        return stop_gradient(array)  # type: ignore[return-value]
    with using(EAGER):
        return leaf(array.data, None, False, array.code, getattr(array, "lasti", -1))
