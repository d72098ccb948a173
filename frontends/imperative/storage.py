"""Memory that several tensors share, and the one way in which a tensor is overwritten.

Nothing is ever written where somebody may still need the old numbers: the tensor gets a new `Array`, every other tensor over
the same memory gets its own derived from that, and the old arrays are marked damaged, so that a backward that needs them
is an error. There are two ways to make the new array:

* by an operation (`_rebase`): for writes that gradients flow through, for writes under a trace (the IR never sees a
  write), and wherever no memory need stay where it is;
* by writing into the memory (`_store`): for parts of tensors, where a copy of the whole would be wasteful.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from ...compiler.dispatch import Array, Damaged, damage, leaf, using
from ...compiler.dispatch.current import current
from ...compiler.dispatch.eager import EAGER
from ...compiler.errors import DTypeError, InPlaceError, Place, ShapeError
from ...compiler.ir.dtypes import BY_NUMPY
from ...compiler.ir.types import show_shape
from ...compiler.location import Location, caller
from ...compiler.ops import RESHAPE, broadcast_to, cast, stop_gradient
from .grad_mode import capturing, is_grad_enabled
from .tensor import Leaf, Tensor, new

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .views import Step

__all__ = ["Storage", "expose", "fresh", "replace", "settle", "shadow", "share", "write"]


class Storage:
    """Memory shared by several tensors.

    Attributes:
        root: the value of the whole memory now.
        exported: whether a NumPy array that the program holds is over this memory, so that it must stay where it is.
    """

    __slots__ = ("_arrays", "_limit", "_tensors", "exported", "root")

    def __init__(self, root: Array) -> None:
        self.root = root
        self.exported = False
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
        known = sum(
            a.data is data or getattr(a.data, "base", None) is data for a in self.arrays()
        )
        # NumPy's views keep their base alive, so counting references counts views; one reference is the local `data`,
        # one the argument. Views that a library function made stand in nobody's list.
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
    made = _twin(array)
    made.origin, made.tracked = old.origin, old.tracked
    current().wrote(old, made)
    return made


def settle(tensor: Tensor) -> bool:
    """Whether the tensor shares its memory with no other; if those that it shared it with are gone, that is forgotten."""
    storage = tensor.shared
    if storage is None:
        return True
    if storage.exported or not all(step.detaches for step in tensor.steps):
        return False
    if any(t is not tensor for t in storage.tensors()):
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
    t.array = _twin(tensor.array)
    t.shared = None
    if tensor.shared is not None:
        t.array.data = tensor.array.data.copy()
    return t


def _twin(array: Array) -> Array:
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


def write(tensor: Tensor, value: Array, name: str, steps: tuple[Step, ...] = ()) -> None:
    """Overwrite a tensor, or the part of it that ``steps`` choose, with a value that stands for no other tensor.

    Args:
        value: is cast to the tensor's type; must have the shape of what is overwritten, or broadcast to it where it is a part.
        name: what the user calls the operation (``add_``).

    Raises:
        InPlaceError: gradients are enabled and the tensor is a leaf that requires grad, or a view of one.
        ShapeError, DTypeError: the value does not fit.
    """
    array = tensor.array
    storage = tensor.shared
    grad = is_grad_enabled()
    value = _fit(array, value, name, bool(steps))
    root, chain, detached = array, steps, False
    if storage is not None:
        root, chain = storage.root, tensor.steps + steps
        detached = any(step.detaches for step in tensor.steps)
    if grad and array.tracked and (array.op is None or array.origin is not None):
        raise _leaf_error("a leaf Variable that requires grad", array, name)
    if grad and root.tracked and not detached and (root.op is None or root.origin is not None):
        raise _leaf_error("a view of a leaf Variable that requires grad", root, name)
    flows = grad and (value.tracked or (root.tracked and not detached))
    if flows and detached:
        # The tensor becomes a computed value of its own, which what it was detached from must not depend on.
        tensor.shared, storage, root, chain = None, None, array, steps
    if not flows and not capturing() and (chain or storage is not None):
        _store(tensor, storage, root, chain, value, name)
    else:
        _rebase(tensor, storage, root, chain, value, name, flows)


_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}


def _fit(array: Array, value: Array, name: str, part: bool) -> Array:
    have, got = array.data.dtype, value.data.dtype
    if have is not got and have != got:
        if not part and name != "copy_" and _CATEGORY[got.kind] > _CATEGORY[have.kind]:
            raise DTypeError(
                f"result type {BY_NUMPY[got].name} can't be cast to the desired output type "
                f"{BY_NUMPY[have].name} ({name})",
                places=(Place("here", Location.here(3)),),
                hint="write the result to a new tensor, or convert the tensor first",
            )
        value = cast(value, BY_NUMPY[have])  # type: ignore[assignment]
    if not part and array.data.shape != value.data.shape:
        raise ShapeError(
            f"output with shape {show_shape(array.data.shape)} doesn't match the broadcast shape "
            f"{show_shape(value.data.shape)} ({name})",
            places=(
                Place("here", Location.here(3)),
                Place(f"it is {array.type}, made here", array.location),
            ),
            hint="an in-place operation cannot enlarge its tensor: write x = x + y instead",
        )
    return value


def _leaf_error(what: str, array: Array, name: str) -> InPlaceError:
    return InPlaceError(
        f"{what} is being used in an in-place operation ({name}).",
        places=(
            Place("here", Location.here(3)),
            Place(f"it is {array.type}, made here", array.location),
        ),
        hint="update parameters inside `with torch.no_grad():`, or write a new tensor",
    )


def _store(
    tensor: Tensor,
    storage: Storage | None,
    root: Array,
    chain: tuple[Step, ...],
    value: Array,
    name: str,
) -> None:
    """Overwrite memory. Nothing that is remembered flows through."""
    data = root.data
    if storage is None:
        shared = data.__class__ is not np.ndarray or data.base is not None or not data.flags.writeable
        if shared or sys.getrefcount(data) > 3:  # the array's, the local name's and the argument's
            data = np.array(data, order="C")
    elif not storage.exported and not storage.exclusive():
        data = np.array(data, order="C")
    elif not data.flags.writeable:
        data = np.array(data, order="C")
    number = value.data
    if not chain:
        data[...] = number
    else:
        target = data
        for step in chain[:-1]:
            target = step.select(target)
        chain[-1].store(target, number)
    code, lasti = caller(1)
    if storage is None:
        tensor.array = _successor(root, data)
        damage(root, name, code, lasti)
        return
    victims = list(storage.arrays())
    made = _successor(root, data)
    storage.renew(made)
    for victim in victims:
        damage(victim, name, code, lasti)


def _successor(root: Array, data: np.ndarray) -> Array:
    """The value after a write that no gradient flows through."""
    if not root.tracked or root.op is None or root.origin is not None:
        return leaf(data, root.origin, root.tracked, root.code, getattr(root, "lasti", -1))
    # A computed value, changed behind the back of autograd: its gradient goes on as before.
    made = _twin(root)
    made.op, made.inputs, made.attrs = RESHAPE, (root,), {"shape": data.shape}
    made.data = data
    return made


def _rebase(
    tensor: Tensor,
    storage: Storage | None,
    root: Array,
    chain: tuple[Step, ...],
    value: Array,
    name: str,
    flows: bool,
) -> None:
    """Overwrite by an operation: the whole is a function of what it was and of the value."""
    parents = [root] if chain else []
    for step in chain[:-1]:
        parents.append(step.forward(parents[-1]))
    made = value
    for step, parent in zip(reversed(chain), reversed(parents[: len(chain)]), strict=True):
        made = step.write(parent, made)
    capture = capturing()
    if not flows:
        if not root.tracked or root.op is None or root.origin is not None:
            if capture and root.origin is None and root.op is None:
                root.origin = Leaf("buffer", tensor)
            made.origin, made.tracked = root.origin, root.tracked
        elif capture:
            raise InPlaceError(
                f"{name} under no_grad() changes a computed value that gradients flow through",
                places=(Place("here", Location.here(2)),),
                hint="detach() the value first",
            )
        else:
            made = _successor(root, made.data)
    if storage is not None and storage.exported:
        memory = root.data
        if memory.flags.writeable:
            for old in storage.arrays():
                if capture and not isinstance(old.data, Damaged):
                    old.data = old.data.copy()
            memory[...] = made.data
            made.data = memory
    if made.origin is not None:
        current().wrote(root, made)
    victims = [root] if storage is None else list(storage.arrays())
    if storage is None:
        tensor.array = made
    else:
        storage.renew(made)
    if not capture:
        code, lasti = caller(1)
        for victim in victims:
            damage(victim, name, code, lasti)


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
