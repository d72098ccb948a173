"""``torch.nn.init``: filling parameters before training, in place and without gradients.

The numbers come from torch's generator. They are not PyTorch's numbers, but have the same distributions.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import numpy as np

from ....compiler import library
from ....compiler.dispatch import leaf
from ...names import missing_name
from ..grad_mode import no_grad
from ..outside import numbers
from ..random import Generator, next_key
from ..tensor import Tensor
from ..writing import write

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
    "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Tensor])


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights must grow to make up for what a nonlinearity takes away.

    Raises:
        ValueError: an unknown nonlinearity.
    """
    if nonlinearity in ("linear", "sigmoid") or nonlinearity.startswith("conv"):
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output sees, and how many outputs each input reaches.

    Raises:
        ValueError: fewer than two dimensions.
    """
    shape = tensor.array.data.shape
    if len(shape) < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def _fill(tensor: Tensor, data: object) -> Tensor:
    with no_grad():
        write(tensor, leaf(np.ascontiguousarray(data, tensor.array.data.dtype)), "init")
    return tensor


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform between ``a`` and ``b``."""
    with no_grad():
        x = tensor.array
        drawn = library.uniform(next_key(generator), x.data.shape, a, b, x.dtype)
        write(tensor, drawn, "uniform_")  # type: ignore[arg-type]
    return tensor


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Normal with the given mean and standard deviation."""
    with no_grad():
        x = tensor.array
        drawn = library.normal(next_key(generator), x.data.shape, mean, std, x.dtype)
        write(tensor, drawn, "normal_")  # type: ignore[arg-type]
    return tensor


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal, on condition that it lies between ``a`` and ``b``."""
    from scipy.special import ndtr, ndtri

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=2,
        )
    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    uniform_(tensor, generator=generator)
    u = low + numbers(tensor).astype(np.float64) * (high - low)
    return _fill(tensor, np.clip(ndtri(u) * std + mean, a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """All elements ``val``."""
    with no_grad():
        tensor.fill_(val)
    return tensor


def ones_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _fill(tensor, np.eye(*tensor.array.data.shape))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Filters ``[o, i, *window]`` that give back their input."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    shape = tensor.array.data.shape
    if shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = shape[0] // groups
    data = np.zeros(shape)
    middle = tuple([k // 2 for k in shape[2:]])
    for g in range(groups):
        for d in range(min(per_group, shape[1])):
            data[(g * per_group + d, d, *middle)] = 1
    return _fill(tensor, data)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform with variance ``2 gain^2 / (fan_in + fan_out)``."""
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with variance ``2 gain^2 / (fan_in + fan_out)``."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan = fans(tensor)[0 if mode == "fan_in" else 1]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform with variance ``gain^2 / fan`` (10.1109/ICCV.2015.123).

    Args:
        a: the slope of the leaky ReLU that follows.
    """
    if 0 in tensor.array.data.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with variance ``gain^2 / fan`` (10.1109/ICCV.2015.123)."""
    if 0 in tensor.array.data.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """A random matrix of orthogonal rows or columns (dimensions after the first count as one)."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    shape = tensor.array.data.shape
    normal_(tensor, generator=generator)
    flat = numbers(tensor).reshape(shape[0], -1).astype(np.float64)
    wide = flat.shape[0] < flat.shape[1]
    q, r = np.linalg.qr(flat.T if wide else flat)
    q = q * np.sign(np.diag(r))
    return _fill(tensor, ((q.T if wide else q) * gain).reshape(shape))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Normal, with the fraction ``sparsity`` of each column set to 0."""
    from ..random import randperm

    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.array.data.shape
    normal_(tensor, 0, std, generator)
    data = np.array(numbers(tensor))
    for column in range(columns):
        order = numbers(randperm(rows, generator=generator))
        data[order[: math.ceil(sparsity * rows)], column] = 0
    return _fill(tensor, data)


def _old(f: F, name: str) -> F:
    """The function under the name that it had before PyTorch 0.4."""

    @wraps(f)
    def deprecated(*args: object, **kwargs: object) -> Tensor:
        warnings.warn(
            f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.",
            FutureWarning,
            stacklevel=2,
        )
        return f(*args, **kwargs)

    return deprecated  # type: ignore[return-value]


uniform = _old(uniform_, "uniform")
normal = _old(normal_, "normal")
constant = _old(constant_, "constant")
eye = _old(eye_, "eye")
dirac = _old(dirac_, "dirac")
xavier_uniform = _old(xavier_uniform_, "xavier_uniform")
xavier_normal = _old(xavier_normal_, "xavier_normal")
kaiming_uniform = _old(kaiming_uniform_, "kaiming_uniform")
kaiming_normal = _old(kaiming_normal_, "kaiming_normal")
orthogonal = _old(orthogonal_, "orthogonal")
sparse = _old(sparse_, "sparse")


def __getattr__(name: str) -> object:
    raise missing_name("torch.nn.init", name, __all__)
