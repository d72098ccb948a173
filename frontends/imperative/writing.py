"""The one way in which a tensor is overwritten.

Nothing is ever written where somebody may still need the old numbers: the tensor gets a new `Array`, every other tensor
over the same memory gets its own derived from that, and the old arrays are marked damaged, so that a backward that
needs them is an error. There are two ways to make the new array:

* by an operation (`_rebase`): for writes that gradients flow through, for writes under a trace (the IR never sees a
  write), and wherever no memory need stay where it is;
* by writing into the memory (`_store`): for parts of tensors, where a copy of the whole would be wasteful, and for
  numbers of another tensor's, which have to be copied anyway.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from ...compiler.dispatch import Array, Damaged, damage, leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import DTypeError, InPlaceError, Place, ShapeError
from ...compiler.ir.dtypes import BY_NUMPY
from ...compiler.ir.types import show_shape
from ...compiler.location import Location, caller
from ...compiler.ops import RESHAPE, cast
from .grad_mode import capturing, is_grad_enabled
from .storage import Storage, fresh, twin
from .tensor import Passing, Tensor

if TYPE_CHECKING:
    from .views import Step

__all__ = ["write"]


def write(
    tensor: Tensor,
    value: Array,
    name: str,
    steps: tuple[Step, ...] = (),
    foreign: bool = False,
) -> None:
    """Overwrite a tensor, or the part of it that ``steps`` choose.

    Args:
        value: is cast to the tensor's type; must have the tensor's shape, or broadcast to that of the part.
        name: what the user calls the operation (``add_``).
        foreign: whether the value stands for another tensor, so that its numbers are to be copied.

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
    if not flows and not capturing() and (chain or storage is not None or foreign):
        _store(tensor, storage, root, chain, value, name)
    else:
        if foreign:
            value = fresh(value)
        _rebase(tensor, storage, root, chain, value, name, flows)


_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}


def _fit(array: Array, value: Array, name: str, part: bool) -> Array:
    have, got = array.data.dtype, value.data.dtype
    if have is not got and have != got:
        if not part and name != "copy_" and _CATEGORY[got.kind] > _CATEGORY[have.kind]:
            raise DTypeError(
                f"result type {BY_NUMPY[got].name} can't be cast to the desired output type "
                f"{BY_NUMPY[have].name} ({name})",
                places=(Place("here", Location.here()),),
                hint="write the result to a new tensor, or convert the tensor first",
            )
        value = cast(value, BY_NUMPY[have])  # type: ignore[assignment]
    if not part and array.data.shape != value.data.shape:
        raise ShapeError(
            f"output with shape {show_shape(array.data.shape)} doesn't match the broadcast shape "
            f"{show_shape(value.data.shape)} ({name})",
            places=(
                Place("here", Location.here()),
                Place(f"it is {array.type}, made here", array.location),
            ),
            hint="an in-place operation cannot enlarge its tensor: write x = x + y instead",
        )
    return value


def _leaf_error(what: str, array: Array, name: str) -> InPlaceError:
    return InPlaceError(
        f"{what} is being used in an in-place operation ({name}).",
        places=(
            Place("here", Location.here()),
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
        shared = (
            data.__class__ is not np.ndarray or data.base is not None or not data.flags.writeable
        )
        if shared or sys.getrefcount(data) > 3:  # the array's, the local name's and the argument's
            data = _anew(data, chain)
    elif (not storage.exported and not storage.exclusive()) or not data.flags.writeable:
        data = _anew(data, chain)
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


def _anew(data: np.ndarray, chain: tuple[Step, ...]) -> np.ndarray:
    """Memory in the place of what others see, with the numbers that stay."""
    return np.array(data, order="C") if chain else np.empty(data.shape, data.dtype)


def _successor(root: Array, data: np.ndarray) -> Array:
    """The value after a write that no gradient flows through."""
    if not root.tracked or root.op is None or root.origin is not None:
        return leaf(data, root.origin, root.tracked, root.code, getattr(root, "lasti", -1))
    # A computed value, changed behind the back of autograd: its gradient goes on as before.
    made = twin(root)
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
                root.origin = Passing("buffer", tensor)
            made.origin, made.tracked = root.origin, root.tracked
        elif capture:
            raise InPlaceError(
                f"{name} under no_grad() changes a computed value that gradients flow through",
                places=(Place("here", Location.here()),),
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
