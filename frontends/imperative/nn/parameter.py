"""`Parameter`: a tensor that a module trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....compiler.dispatch import leaf
from ....compiler.dispatch.current import current
from ..printing import show
from ..tensor import Leaf, Tensor
from ..views import detach

if TYPE_CHECKING:
    from .module import Module

__all__ = ["Parameter", "name_states", "owned"]


class Parameter(Tensor):
    """A tensor that becomes a parameter of the module that it is assigned to.

    It shares memory with ``data``.
    """

    # No __slots__: programs hang attributes on parameters.

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        from ..creation import empty

        source = empty(0) if data is None else detach(data)
        made: Parameter = object.__new__(cls)
        old = source.array
        made.array = leaf(old.data, None, requires_grad, old.code, getattr(old, "lasti", -1))
        made.array.origin = Leaf("parameter", made)
        made.shared = source.shared
        if made.shared is not None:
            made.steps = source.steps
            made.shared.join(made)
        return made

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        pass

    def __repr__(self, **_: Any) -> str:
        current().observed(self.array)
        return "Parameter containing:\n" + show(self)


def owned(tensor: Tensor, requires_grad: bool = True) -> Parameter:
    """A parameter in the place of a tensor that nobody else holds.

    Layers make theirs so: memory that is not shared spares optimizers the bookkeeping.
    """
    array = tensor.array
    made: Parameter = object.__new__(Parameter)
    made.array = array
    made.shared = None
    array.tracked = requires_grad
    array.origin = Leaf("parameter", made)
    return made


def name_states(module: Module, prefix: str) -> None:
    """Put ``prefix`` before the names by which a trace calls the states below ``module``."""
    for name, parameter in module.named_parameters():
        parameter._name_origin("parameter", f"{prefix}.{name}")
    for name, buffer in module.named_buffers():
        buffer._name_origin("buffer", f"{prefix}.{name}")
