"""What a tree of modules owns, in another type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ..grad_mode import no_grad
from ..tensor import Tensor
from .traversal import Traversal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Converting"]


class Converting(Traversal):
    """The conversions of a `Module`. Each changes the module itself and returns it."""

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> Self:
        """Put ``fn(t)`` in the place of every parameter, gradient and buffer."""
        for child in self.children():
            child._apply(fn)
        with no_grad():
            for p in self._parameters.values():
                if p is None:
                    continue
                grad = p.grad
                changed = fn(p)
                if changed is not p:
                    p.data = changed
                    if grad is not None:
                        p.grad = fn(grad)
            for name, b in self._buffers.items():
                if b is not None:
                    self._buffers[name] = moved = fn(b)
                    if moved is not b:
                        moved._name_origin("buffer", name)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating-point parameters and buffers to a dtype; devices are all the same here.

        Takes what ``Tensor.to`` takes: ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(tensor)``.
        """
        dtype = kwargs.get("dtype")
        for a in args:
            if isinstance(a, Tensor):
                dtype = a.dtype
            elif not isinstance(a, (str, int, bool)) and hasattr(a, "is_floating_point"):
                dtype = a
        if dtype is None:
            return self
        if not dtype.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self) -> Self:
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def type(self, dst_type: Any) -> Self:
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Self:
        return self

    def cuda(self, device: object = None) -> Self:
        """Devices are all the same here: accepted, and without effect."""
        return self

    def share_memory(self) -> Self:
        return self
