"""One definition, three faces: ``torch.f(x)``, ``x.f()`` and ``x.f_()``.

Functions are written once, in the modules of their kind, and marked with `export`; `install` gives `Tensor` its
methods.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from .storage import shadow
from .tensor import Tensor
from .writing import write

F = TypeVar("F", bound=Callable[..., Any])

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""What ``torch.NAME`` gives."""

METHODS: dict[str, Any] = {}
"""What ``Tensor.NAME`` gives."""


def export(
    *names: str,
    function: bool = True,
    method: bool = True,
    inplace: bool = False,
    out: bool = False,
) -> Callable[[F], F]:
    """Enter a function, whose first argument is the tensor, into the API.

    Args:
        names: its names; more than one for aliases.
        function: as ``torch.name``.
        method: as ``Tensor.name``.
        inplace: as ``Tensor.name_`` and ``torch.name_`` too, which write the result into the first argument.
        out: whether ``torch.name`` takes ``out=``.
    """

    def enter(f: F) -> F:
        for name in names:
            if function:
                FUNCTIONS[name] = _with_out(f, name) if out else f
            if method:
                METHODS[name] = f
            if inplace:
                METHODS[name + "_"] = FUNCTIONS[name + "_"] = _in_place(f, name + "_")
        return f

    return enter


def _in_place(f: Callable[..., Any], name: str) -> Callable[..., Tensor]:
    @wraps(f)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        write(self, f(shadow(self), *args, **kwargs).array, name)
        return self

    method.__name__ = name
    return method


def _with_out(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(f)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        if out is None:
            return result
        pairs = zip(out, result, strict=True) if isinstance(out, tuple) else ((out, result),)
        for target, found in pairs:
            if target.array.data.shape != found.array.data.shape:
                target.resize_(found.array.data.shape)
            write(target, found.array, f"{name}(out=)")
        return out

    return call


def install() -> None:
    """Give `Tensor` the methods that were exported so far."""
    for name, method in METHODS.items():
        setattr(Tensor, name, method)
