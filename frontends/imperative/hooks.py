"""Gradients kept and hooks on tensors: what backward does when a cotangent is complete.

A leaf keeps both at its `Origin`; a computed value, while somebody still holds it, in a weak table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from ...compiler.dispatch import Array, current
from ...compiler.errors import GradientError, Place
from ...compiler.location import Location

if TYPE_CHECKING:
    from .tensor import Tensor

Hook = Callable[[Any], Any]


class Watch:
    """What is to happen with the gradient of a computed value."""

    __slots__ = ("grad", "hooks", "retain")

    def __init__(self) -> None:
        self.grad: Tensor | None = None
        self.hooks: dict[int, Hook] = {}
        self.retain = False


WATCHED: WeakKeyDictionary[Array, Watch] = WeakKeyDictionary()


class RemovableHandle:
    """Takes its hook away again."""

    def __init__(self, hooks: dict[int, Hook], hook: Hook) -> None:
        self.id = id(self)
        self._hooks = hooks
        hooks[self.id] = hook

    def remove(self) -> None:
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def grad_of(array: Array) -> Tensor | None:
    """The gradient that was accumulated, or retained, for a value."""
    if array.origin is not None:
        current().touching(array.origin)
        return array.origin.grad  # type: ignore[return-value]
    watch = WATCHED.get(array) if WATCHED else None
    return watch.grad if watch is not None else None


def _watch(array: Array) -> Watch:
    watch = WATCHED.get(array)
    if watch is None:
        watch = WATCHED[array] = Watch()
    return watch


def retain_grad(self: Tensor) -> None:
    """Have backward keep the gradient of this computed value in ``grad``.

    Raises:
        GradientError: the tensor does not require grad.
    """
    if not self.requires_grad:
        raise GradientError(
            "can't retain_grad on Tensor that has requires_grad=False",
            places=(Place("here", Location.here(1)),),
        )
    if not self.is_leaf:
        _watch(self.array).retain = True


def retains_grad(self: Tensor) -> bool:
    return not self.is_leaf and self.array in WATCHED and WATCHED[self.array].retain


def register_hook(self: Tensor, hook: Hook) -> RemovableHandle:
    """Have backward call ``hook(grad)`` when the gradient of this tensor is known; what it returns replaces it.

    Raises:
        GradientError: the tensor does not require grad.
    """
    if not self.requires_grad:
        raise GradientError(
            "cannot register a hook on a tensor that doesn't require gradient",
            places=(Place("here", Location.here(1)),),
        )
    if self.is_leaf:
        return RemovableHandle(_leaf_hooks(self), hook)
    return RemovableHandle(_watch(self.array).hooks, hook)


def _leaf_hooks(tensor: Tensor) -> dict[int, Hook]:
    origin = tensor._origin()
    if origin.hooks is None:
        origin.hooks = [{}, {}]
    return origin.hooks[0]  # type: ignore[return-value]


def register_post_accumulate_grad_hook(self: Tensor, hook: Hook) -> RemovableHandle:
    """Have backward call ``hook(tensor)`` after it accumulated into ``grad``.

    Raises:
        GradientError: the tensor is no leaf.
    """
    if not self.is_leaf:
        raise GradientError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    _leaf_hooks(self)
    handle = ref(self)
    hooks: dict[int, Hook] = self._origin().hooks[1]  # type: ignore[index, assignment]

    def with_tensor(_: Any) -> None:
        tensor = handle()
        if tensor is not None:
            hook(tensor)

    return RemovableHandle(hooks, with_tensor)


def run(hooks: dict[int, Hook], grad: Tensor) -> Tensor:
    """The gradient after the hooks, in the order in which they were registered."""
    for hook in list(hooks.values()):
        changed = hook(grad)
        if changed is not None:
            grad = changed
    return grad


def attach() -> None:
    """Give `Tensor` the methods above."""
    from .tensor import give

    give(
        retain_grad=retain_grad,
        retains_grad=property(retains_grad),
        register_hook=register_hook,
        register_post_accumulate_grad_hook=register_post_accumulate_grad_hook,
    )
