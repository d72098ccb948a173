"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable

from ....compiler import library, ops
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..convert import convert
from ..reduction import older
from ..tensor import Tensor

__all__ = [
    "crelu", "elu", "leaky_relu", "log_softmax", "relu", "relu6", "relu_layer", "selu", "softmax",
    "softplus", "softsign", "swish",
]  # fmt: skip


def _elementwise(
    type: str, function: Callable[[TensorLike], TensorLike], features: object, name: str | None
) -> Tensor:
    return apply(type, function, convert(features, name="features"), name=name)


def relu(features: object, name: str | None = None) -> Tensor:
    """``max(x, 0)``."""
    return _elementwise("Relu", ops.relu, features, name)


def relu6(features: object, name: str | None = None) -> Tensor:
    """``min(max(x, 0), 6)``."""
    return _elementwise("Relu6", library.relu6, features, name)


def crelu(features: object, name: str | None = None, axis: int = -1) -> Tensor:
    """``relu(x)`` and ``relu(-x)``, joined along an axis."""
    return _elementwise("CRelu", lambda x: library.crelu(x, axis), features, name)


def elu(features: object, name: str | None = None) -> Tensor:
    """``x`` for positive numbers, ``exp(x) - 1`` for others."""
    return _elementwise("Elu", library.elu, features, name)


def selu(features: object, name: str | None = None) -> Tensor:
    """The scaled `elu` that keeps mean and variance (arXiv:1706.02515)."""
    return _elementwise("Selu", library.selu, features, name)


def leaky_relu(features: object, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """``x`` for positive numbers, ``alpha x`` for others."""
    return _elementwise("LeakyRelu", lambda x: library.leaky_relu(x, alpha), features, name)


def softplus(features: object, name: str | None = None) -> Tensor:
    """``log(1 + exp(x))``, without overflow."""
    return _elementwise("Softplus", library.softplus, features, name)


def softsign(features: object, name: str | None = None) -> Tensor:
    """``x / (1 + |x|)``."""
    return _elementwise("Softsign", library.softsign, features, name)


def swish(features: object, name: str | None = None) -> Tensor:
    """``x sigmoid(x)``."""
    return _elementwise("swish", library.silu, features, name)


def softmax(
    logits: object, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """``exp(x) / sum(exp(x))`` along the axis, by default the last."""
    chosen = older(axis, dim, "axis", "dim")
    over = -1 if chosen is None else int(chosen)  # type: ignore[call-overload]
    return _elementwise("Softmax", lambda x: library.softmax(x, over), logits, name)


def log_softmax(
    logits: object, axis: int | None = None, name: str | None = None, dim: int | None = None
) -> Tensor:
    """The logarithm of `softmax`, without overflow."""
    chosen = older(axis, dim, "axis", "dim")
    over = -1 if chosen is None else int(chosen)  # type: ignore[call-overload]
    return _elementwise("LogSoftmax", lambda x: library.log_softmax(x, over), logits, name)


@scoped("relu_layer")
def relu_layer(x: object, weights: object, biases: object, name: str | None = None) -> Tensor:
    """``relu(x @ weights + biases)``."""
    from .normalization import xw_plus_b

    return relu(xw_plus_b(x, weights, biases), name=name)
