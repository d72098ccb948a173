"""``torch.autograd.functional``: Jacobians and Hessians of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .backward import grad
from .combining import stack
from .tensor import Tensor


def _leaves(inputs: Any) -> list[Tensor]:
    given = list(inputs) if isinstance(inputs, tuple) else [inputs]
    return [t.detach().requires_grad_() for t in given]


def jacobian(function: Callable[..., Tensor], inputs: Any, create_graph: bool = False) -> Any:
    """The derivative of each element of the result by each element of the inputs: ``[*result, *input]`` each."""
    many = isinstance(inputs, tuple)
    leaves = (
        list(inputs) if many and create_graph else [inputs] if create_graph else _leaves(inputs)
    )
    result = function(*leaves)
    rows: list[list[Tensor]] = [[] for _ in leaves]
    for element in result.reshape(-1):
        found = grad(element, leaves, retain_graph=True, create_graph=create_graph, materialize_grads=True)  # fmt: skip
        for row, g in zip(rows, found, strict=True):
            assert g is not None
            row.append(g)
    shapes = [(*result.shape, *leaf.shape) for leaf in leaves]
    jacobians = tuple([stack(r).reshape(s) for r, s in zip(rows, shapes, strict=True)])
    return jacobians if many else jacobians[0]


def hessian(function: Callable[..., Tensor], inputs: Tensor) -> Tensor:
    """The second derivatives of a scalar function of one tensor: ``[*input, *input]``."""
    (leaf,) = _leaves(inputs)

    def gradient(x: Tensor) -> Tensor:
        (g,) = grad(function(x), [x], create_graph=True, materialize_grads=True)
        assert g is not None
        return g

    return jacobian(gradient, leaf, create_graph=True).detach()  # type: ignore[no-any-return]
