"""Functions that a user hangs on a module: before and after its forward, and on its backward pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ..tensor import Tensor

if TYPE_CHECKING:
    from .module import Module

__all__ = ["Hooked", "Hooks", "RemovableHandle", "call_with_hooks"]

Hook = Callable[..., Any]


class RemovableHandle:
    """What registering a hook returns; `remove` takes the hook off again. Works as a context manager."""

    _next_id = 0

    def __init__(self, hooks: OrderedDict[int, Any], changed: Callable[[], None]) -> None:
        self.id = RemovableHandle._next_id
        RemovableHandle._next_id += 1
        self._hooks = hooks
        self._changed = changed

    def remove(self) -> None:
        self._hooks.pop(self.id, None)
        self._changed()

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Hooks:
    """All the hooks of one module. A module without any has no `Hooks`, and calls its forward directly."""

    __slots__ = ("backward", "backward_pre", "forward", "forward_pre", "full_backward")

    def __init__(self) -> None:
        self.forward_pre: OrderedDict[int, tuple[Hook, bool]] = OrderedDict()
        self.forward: OrderedDict[int, tuple[Hook, bool]] = OrderedDict()
        self.backward: OrderedDict[int, Hook] = OrderedDict()
        self.full_backward: OrderedDict[int, Hook] = OrderedDict()
        self.backward_pre: OrderedDict[int, Hook] = OrderedDict()

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in Hooks.__slots__)


class Hooked:
    """The part of a `Module` that hooks hang on."""

    _hooks: Hooks | None

    def _register(self, kind: str, hook: Any, prepend: bool = False) -> RemovableHandle:
        hooks = self._hooks
        if hooks is None:
            hooks = self._hooks = Hooks()
        registry = cast("OrderedDict[int, Any]", getattr(hooks, kind))
        handle = RemovableHandle(registry, self._drop_empty_hooks)
        registry[handle.id] = hook
        if prepend:
            registry.move_to_end(handle.id, last=False)
        return handle

    def _drop_empty_hooks(self) -> None:
        if not self._hooks:
            self._hooks = None

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """``hook(module, args)`` runs before forward and may return new arguments."""
        return self._register("forward_pre", (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """``hook(module, args, output)`` runs after forward and may return a new output."""
        return self._register("forward", (hook, with_kwargs), prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """``hook(module, grad_input, grad_output)`` may return a new ``grad_input``."""
        return self._register("full_backward", hook, prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """``hook(module, grad_output)`` may return a new ``grad_output``."""
        return self._register("backward_pre", hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The old form of `register_full_backward_hook`, and here the same."""
        return self._register("backward", hook)


def call_with_hooks(
    module: Module, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """The slow path of ``module(*args, **kwargs)``."""
    for hook, with_kwargs in list(hooks.forward_pre.values()):
        if with_kwargs:
            changed = hook(module, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {changed}."
                    )
                args, kwargs = changed
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    watch = _BackwardWatch(module, hooks) if _watches_backward(hooks) else None
    if watch is not None:
        args = watch.watch_inputs(args)
    result = module.forward(*args, **kwargs)
    for hook, with_kwargs in list(hooks.forward.values()):
        changed = hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
        if changed is not None:
            result = changed
    return result if watch is None else watch.watch_outputs(result)


def _watches_backward(hooks: Hooks) -> bool:
    return bool(hooks.full_backward or hooks.backward_pre or hooks.backward)


class _BackwardWatch:
    """Catches the cotangents of a module's outputs and inputs in one call, and hands them to its hooks.

    Tensors are passed through an identity, so that what is seen is what flows through this call alone.
    """

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.inputs = self.outputs = 0
        """How many of each have a cotangent."""
        self.grad_outputs: list[Tensor | None] = []
        self.grad_inputs: list[Tensor | None] = []
        self.seen_inputs = self.seen_outputs = 0

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        watched, self.inputs = _through_identity(args, self._on_input)
        self.grad_inputs = [None] * sum(isinstance(a, Tensor) for a in args)
        return tuple(watched)

    def watch_outputs(self, result: Any) -> Any:
        single = isinstance(result, Tensor)
        results = (result,) if single else result
        if not isinstance(results, (tuple, list)):
            return result
        watched, self.outputs = _through_identity(results, self._on_output)
        self.grad_outputs = [None] * sum(isinstance(r, Tensor) for r in results)
        return watched[0] if single else type(results)(watched)

    def _on_output(self, position: int, grad: Tensor) -> Tensor | None:
        self.grad_outputs[position] = grad
        self.seen_outputs += 1
        if self.seen_outputs == self.outputs:
            for hook in list(self.hooks.backward_pre.values()):
                self.grad_outputs = _changed(
                    hook(self.module, tuple(self.grad_outputs)), self.grad_outputs
                )
            if not self.inputs:
                self._finish()
        return self.grad_outputs[position]

    def _on_input(self, position: int, grad: Tensor) -> Tensor | None:
        self.grad_inputs[position] = grad
        self.seen_inputs += 1
        if self.seen_inputs == self.inputs:
            self._finish()
        return self.grad_inputs[position]

    def _finish(self) -> None:
        self.seen_inputs = self.seen_outputs = 0
        for hook in [*self.hooks.backward.values(), *self.hooks.full_backward.values()]:
            given = hook(self.module, tuple(self.grad_inputs), tuple(self.grad_outputs))
            self.grad_inputs = _changed(given, self.grad_inputs)


def _changed(given: Any, former: list[Tensor | None]) -> list[Tensor | None]:
    if given is None:
        return former
    return list(given) if isinstance(given, tuple) else [given]


def _through_identity(
    values: tuple[Any, ...] | list[Any], on_grad: Callable[[int, Tensor], Tensor | None]
) -> tuple[list[Any], int]:
    watched = []
    position = count = 0
    for value in values:
        if isinstance(value, Tensor):
            if value.requires_grad:
                value = value.view_as(value)
                value.register_hook(partial(on_grad, position))
                count += 1
            position += 1
        watched.append(value)
    return watched, count
