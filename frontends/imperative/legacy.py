"""The constructors of old: ``torch.Tensor(2, 3)``, ``torch.FloatTensor([1, 2])``, ``x.new(...)``, ``x.type(...)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler.dispatch import leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import DTypeError, Place
from ...compiler.ir.dtypes import DType
from ...compiler.location import Location
from .dtypes import BY_IR, LEGACY, default, dtype
from .tensor import Tensor, new


def construct(cls: type, *args: Any, **kwargs: Any) -> Tensor:
    """``Tensor(...)``: sizes, or data, of the default type."""
    if cls is not Tensor:
        # A subclass (`Parameter`, or the user's) around an existing tensor.
        source = args[0] if args else of_type(default.type)
        tensor: Tensor = new(cls)
        if not isinstance(source, Tensor):
            source = of_type(default.type, source)
        current().observed(source.array)
        tensor.array = leaf(source.array.data)
        tensor.shared = None
        return tensor
    return of_type(default.type, *args, **kwargs)


def of_type(kind: DType, *args: Any, **kwargs: Any) -> Tensor:
    from .creation import filled, literal, made, numbers_of
    from .storage import adopt

    if "size" in kwargs:
        args = tuple(kwargs["size"])
    if not args:
        return filled((0,), 0, kind)
    first = args[0]
    if len(args) == 1 and isinstance(first, np.ndarray) and first.dtype == kind.numpy:
        return adopt(first)
    if len(args) == 1 and not isinstance(first, (int, np.integer)):
        if isinstance(first, Tensor) and first.array.dtype is not kind and first.array.data.ndim:
            raise DTypeError(
                f"expected {kind.name} (got {first.array.type})",
                places=(Place("here", Location.here()),),
                hint="convert it with .to(dtype)",
            )
        if isinstance(first, tuple) and type(first).__name__ == "Size":
            return filled(tuple(first), 0, kind)
        found, said = numbers_of(first, kind)
        return literal(found) if said else made(leaf(found))
    return filled(tuple([int(n) for n in args]), 0, kind)


class _Meta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.array.dtype is cls.kind  # type: ignore[attr-defined]

    def __call__(cls, *args: Any, **kwargs: Any) -> Tensor:
        return of_type(cls.kind, *args, **kwargs)  # type: ignore[attr-defined]


def _legacy(name: str, kind: DType) -> type:
    return _Meta(name, (), {"kind": kind, "__module__": "torch", "dtype": BY_IR[kind]})


CONSTRUCTORS: dict[str, type] = {name: _legacy(name, kind) for name, kind in LEGACY.items()}
_NAME_OF = {kind: name for name, kind in LEGACY.items()}


def type_name(kind: DType) -> str:
    """``torch.FloatTensor``, ..."""
    return f"torch.{_NAME_OF[kind]}"


def named_type(given: object) -> DType | None:
    """What ``x.type(given)`` asks for: a dtype, a legacy constructor, or the name of one."""
    if isinstance(given, dtype):
        return given.ir
    if isinstance(given, str):
        return LEGACY.get(given.removeprefix("torch.").removeprefix("cuda."))
    return getattr(given, "kind", None)


def set_default_tensor_type(t: object) -> None:
    """Choose the default float type by a legacy name."""
    kind = named_type(t)
    if kind is None or not kind.is_float:
        raise DTypeError(f"only floating-point types are supported as the default type, not {t!r}")
    default.type = kind


def deep_copy(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """A leaf with numbers of its own; ``requires_grad`` and the class are kept.

    Raises:
        GradientError: the tensor was computed and gradients flow through it.
    """
    from ...compiler.errors import GradientError

    if not tensor.is_leaf:
        raise GradientError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
            "moment.",
            hint="detach() it first",
        )
    current().observed(tensor.array)
    made = rebuild(type(tensor), np.array(tensor.array.data), tensor.requires_grad)
    old = tensor.array.origin
    if old is not None:
        made._name_origin(old.kind, old.name)
        if isinstance(old.grad, Tensor):
            made.grad = deep_copy(old.grad, memo)
    memo[id(tensor)] = made
    for name, value in getattr(tensor, "__dict__", {}).items():
        from copy import deepcopy

        setattr(made, name, deepcopy(value, memo))
    return made


def rebuild(cls: type, data: np.ndarray, requires_grad: bool) -> Tensor:
    """A tensor of a class over given numbers."""
    made: Tensor = new(cls)
    made.array = leaf(data)
    made.shared = None
    if requires_grad:
        made.requires_grad_()
    return made


class _VariableMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)

    def __call__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Tensor:
        from .views import detach

        variable = detach(data) if isinstance(data, Tensor) else of_type(default.type, data)
        return variable.requires_grad_() if requires_grad else variable


class Variable(metaclass=_VariableMeta):
    """A tensor; what wrapped tensors before PyTorch 0.4."""
