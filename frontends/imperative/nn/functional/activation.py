"""Activation functions of tensors."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

import warnings
from typing import Any

from .....compiler import library
from .....compiler.ops import TensorLike, neg, reshape
from .....compiler.ops import relu as relu_op
from .....compiler.ops import sigmoid as sigmoid_op
from .....compiler.ops import tanh as tanh_op
from ...arguments import axis_of
from ...random import next_key
from ...tensor import Tensor, wrap
from .support import apply, named

__all__ = [
    "celu", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid",
    "hardswish", "hardtanh", "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish",
    "prelu", "relu", "relu6", "relu_", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus",
    "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
]  # fmt: skip


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(x, 0)``."""
    if inplace:
        return apply(input, relu_op, inplace=True)
    return wrap(relu_op(input.array))  # type: ignore[arg-type]


def relu_(input: Tensor) -> Tensor:
    return apply(input, relu_op, inplace=True)


def sigmoid(input: Tensor) -> Tensor:
    return wrap(sigmoid_op(input.array))  # type: ignore[arg-type]


def tanh(input: Tensor) -> Tensor:
    return wrap(tanh_op(input.array))  # type: ignore[arg-type]


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    return apply(input, library.relu6, inplace=inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    return apply(input, library.leaky_relu, negative_slope, inplace=inplace)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    return leaky_relu(input, negative_slope, True)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    return apply(input, library.elu, alpha, inplace=inplace)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    return elu(input, alpha, True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    return apply(input, library.celu, alpha, inplace=inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    return apply(input, library.selu, inplace=inplace)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    return apply(input, library.silu, inplace=inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    return apply(input, library.mish, inplace=inplace)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    return apply(input, library.hardtanh, min_val, max_val, inplace=inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    return apply(input, library.hardsigmoid, inplace=inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    return apply(input, library.hardswish, inplace=inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    return apply(input, library.threshold, threshold, value, inplace=inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """``x`` times the normal distribution function at ``x``; ``approximate="tanh"`` for the old formula."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return named(library.gelu(input.array, approximate == "tanh"), "GeluBackward0")


def logsigmoid(input: Tensor) -> Tensor:
    return apply(input, library.log_sigmoid)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta x)) / beta``. It is exact for all ``x``, so that ``threshold`` is not needed."""
    return apply(input, library.softplus, beta)


def softsign(input: Tensor) -> Tensor:
    return apply(input, library.softsign)


def tanhshrink(input: Tensor) -> Tensor:
    return apply(input, library.tanhshrink)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return apply(input, library.softshrink, lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return apply(input, library.hardshrink, lambd)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along ``dim`` times the sigmoid of the second."""
    return apply(input, library.glu, axis_of(input, dim))


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """``weight * x`` where ``x`` is negative; one weight, or one for each channel (dimension 1)."""
    slope: TensorLike = weight.array
    if weight.array.data.size > 1 and input.array.data.ndim > 2:
        slope = reshape(slope, (weight.array.data.size, *[1] * (input.array.data.ndim - 2)))
    return apply(input, library.leaky_relu, slope)


GRAD_FN = {
    "softmax": "SoftmaxBackward0",
    "log_softmax": "LogSoftmaxBackward0",
    "softmin": "SoftmaxBackward0",
}


def _softmax_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    """PyTorch's rule for softmax without ``dim``: 0 for rank 0, 1 and 3, else 1."""
    rank = input.array.data.ndim
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
            "dim=X as an argument.",
            stacklevel=stacklevel,
        )
        dim = 0 if rank in (0, 1, 3) else 1
    return axis_of(input, dim)


def _along(
    name: str, f: Any, input: Tensor, dim: int | None, stacklevel: int, dtype: Any
) -> Tensor:
    if dtype is not None:
        input = input.to(dtype)
    axis = _softmax_dim(name, input, dim, stacklevel + 1)
    if not input.array.data.ndim:
        return _along(name, f, input.reshape(1), 0, stacklevel, None).reshape(())
    return named(f(input.array, axis), GRAD_FN[name])


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``exp(x)`` divided by its sum along ``dim``."""
    return _along("softmax", library.softmax, input, dim, _stacklevel, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``log(softmax(x))``, exact where the softmax is tiny."""
    return _along("log_softmax", library.log_softmax, input, dim, _stacklevel, dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``softmax(-x)``."""
    return _along("softmin", _softmin, input, dim, _stacklevel, dtype)


def _softmin(x: TensorLike, axis: int) -> TensorLike:
    return library.softmax(neg(x), axis)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A sample of a one-hot vector, softened by the temperature ``tau``; ``hard`` rounds it, but not its gradient."""
    x = logits.array
    noise = wrap(library.gumbel(next_key(None), x.shape, x.dtype))  # type: ignore[arg-type]
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    from .embedding import one_hot

    axis = axis_of(logits, dim)
    picked = one_hot(soft.argmax(axis), soft.shape[axis]).movedim(-1, axis).to(soft.dtype)
    return picked - soft.detach() + soft
