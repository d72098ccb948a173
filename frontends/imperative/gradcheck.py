"""Gradients checked against finite differences, as ``torch.autograd.gradcheck`` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler.errors import GradientError
from .backward import grad
from .grad_mode import no_grad
from .outside import numbers
from .tensor import Tensor


def _outputs(result: Any) -> list[Tensor]:
    found = list(result) if isinstance(result, (tuple, list)) else [result]
    return [t for t in found if isinstance(t, Tensor) and t.array.data.dtype.kind == "f"]


def _numerical(
    function: Callable[..., Any], inputs: tuple[Any, ...], x: Tensor, eps: float
) -> list[np.ndarray]:
    """By central differences: for each output ``[elements of x, elements of the output]``."""
    columns: list[list[np.ndarray]] = []
    original = np.array(numbers(x))
    flat = original.reshape(-1)
    for i in range(flat.size):
        ends = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * eps
            with no_grad():
                x.copy_(x.new_tensor(moved.reshape(original.shape)))
            # The function may itself be a gradient, so gradients stay enabled.
            ends.append([np.array(numbers(o)).reshape(-1) for o in _outputs(function(*inputs))])
        columns.append([(a - b) / (2 * eps) for a, b in zip(*ends, strict=True)])
    with no_grad():
        x.copy_(x.new_tensor(original))
    return [np.array([c[n] for c in columns]) for n in range(len(columns[0]))] if columns else []


def _analytical(output: Tensor, x: Tensor) -> np.ndarray:
    rows = []
    flat = output.reshape(-1)
    for i in range(flat.array.data.size):
        (g,) = grad(flat[i], [x], retain_graph=True, allow_unused=True)
        rows.append(
            np.zeros(x.array.data.size) if g is None else np.array(g.array.data).reshape(-1)
        )
    return np.array(rows).T.reshape(x.array.data.size, len(rows))


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **_: Any,
) -> bool:
    """Whether the gradients of a function agree with finite differences, which needs float64 inputs.

    Raises:
        GradientError: they do not (unless ``raise_exception`` is False), or no input requires grad.
    """
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    targets = [(i, t) for i, t in enumerate(given) if isinstance(t, Tensor) and t.requires_grad]
    if not targets:
        raise GradientError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    # The inputs are moved in place, because the function may close over them; what it gave before is damaged by that.
    differences = [_numerical(func, given, x, eps) for _, x in targets]
    outputs = _outputs(func(*given))
    for (place, x), numerical in zip(targets, differences, strict=True):
        for n, output in enumerate(outputs):
            expected = numerical[n] if numerical else np.zeros((0, 0))
            found = _analytical(output, x) if output.requires_grad else np.zeros_like(expected)
            if not np.allclose(found, expected, rtol, atol):
                if not raise_exception:
                    return False
                raise GradientError(
                    f"Jacobian mismatch for output {n} with respect to input {place},\n"
                    f"numerical:{expected}\nanalytical:{found}"
                )
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **_: Any,
) -> bool:
    """`gradcheck` of the gradient itself."""
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    outputs = _outputs(func(*given))
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        seeds = [o.new_tensor(rng.standard_normal(o.array.data.shape)).requires_grad_() for o in outputs]  # fmt: skip
    else:
        seeds = list(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else [grad_outputs]

    def gradient(*args: Any) -> tuple[Tensor, ...]:
        values = args[: len(given)]
        wanted = [v for v in values if isinstance(v, Tensor) and v.requires_grad]
        results = _outputs(func(*values))
        found = grad(
            results, wanted, list(args[len(given) :]), create_graph=True, allow_unused=True
        )
        return tuple([g for g in found if g is not None])

    return gradcheck(
        gradient, (*given, *seeds), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception
    )
