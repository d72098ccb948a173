"""`custom_gradient`: a function whose gradient the user writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ...compiler.dispatch import Array
from ...compiler.errors import GradientError, Place
from ...compiler.location import Location
from ..imperative.function import Function
from ..imperative.grad_mode import is_grad_enabled
from ..imperative.tensor import Tensor, wrap
from .arrays import convert_to_tensor
from .evaluation import evaluate
from .nest import flatten, pack
from .tapes import alone
from .tensor import EagerTensor

__all__ = ["custom_gradient"]


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a gradient of its own.

    Args:
        f: gives ``(result, gradient)`` for its tensors; ``gradient(*cotangents of the result)`` gives the cotangents of
            the tensors.

    Raises:
        TypeError: (by the function) it reads trainable variables, for which it has no gradient.
        GradientError: (by a tape) such a gradient is differentiated once more.
    """

    @wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        tensors: list[Any] = [convert_to_tensor(a) for a in args]
        structure: list[Any] = []

        class Custom(_Custom):
            @staticmethod
            def forward(ctx: Any, *given: Any) -> Any:
                result, ctx.gradient = _called(f, given, kwargs)
                structure.append(result)
                return tuple([wrap(x.array) for x in flatten(result)])

        def recipe(*arrays: Array) -> list[Array]:
            return [x.array for x in Custom.apply(*map(wrap, arrays))]

        made = [EagerTensor(a) for a in evaluate(recipe, *[x.array for x in tensors])]
        return pack(structure[0], made)

    return decorated


class _Custom(Function):
    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        if is_grad_enabled():
            raise GradientError(
                "bifront cannot differentiate a custom gradient once more",
                places=(Place("asked for here", Location.here()),),
            )
        found = ctx.gradient(*[EagerTensor(g.array) for g in cotangents])
        given = found if isinstance(found, (list, tuple)) else [found]
        return tuple([None if g is None else wrap(convert_to_tensor(g).value) for g in given])  # type: ignore[arg-type]


def _called(f: Callable[..., Any], given: Any, kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """What the function gives; no tape sees what it does."""
    with alone() as tape:
        result, gradient = f(*[EagerTensor(x.array) for x in given], **kwargs)
        read = bool(tape.reads)
    if read:
        raise TypeError(
            "a function with @custom_gradient that uses trainable variables has no gradient for them: give them to it "
            "as arguments"
        )
    return result, gradient
