"""Initial values of variables, as functions of a shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...compiler.errors import AttributeValueError
from . import random_ops
from .convert import constant
from .dtypes import DType, as_dtype, float32
from .graph import get_default_graph
from .tensor import Tensor

__all__ = [
    "constant_initializer", "glorot_normal_initializer", "glorot_uniform_initializer",
    "he_normal", "he_uniform", "identity_initializer", "initializers", "lecun_normal",
    "lecun_uniform", "ones_initializer", "orthogonal_initializer", "random_normal_initializer",
    "random_uniform_initializer", "truncated_normal_initializer",
    "uniform_unit_scaling_initializer", "variance_scaling_initializer", "zeros_initializer",
]  # fmt: skip


class Initializer:
    """A function of a shape: ``initializer([3, 4])`` is a tensor. Also taken as a class, not called."""

    dtype: DType = float32

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        raise NotImplementedError


class zeros_initializer(Initializer):  # noqa: N801 - TensorFlow's names, here and below
    """Zeros."""

    def __init__(self, dtype: object = float32) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        return _filled(shape, 0, as_dtype(dtype or self.dtype), "zeros")


class ones_initializer(Initializer):  # noqa: N801
    """Ones."""

    def __init__(self, dtype: object = float32) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        return _filled(shape, 1, as_dtype(dtype or self.dtype), "ones")


def _filled(shape: Sequence[int], value: int, dtype: DType, name: str) -> Tensor:
    from .creation import fill

    return fill(list(shape), constant(value, dtype), name=name)


class constant_initializer(Initializer):  # noqa: N801
    """The given number, or numbers."""

    def __init__(
        self, value: object = 0, dtype: object = float32, verify_shape: bool = False
    ) -> None:
        self.value = value
        self.dtype = as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        return constant(self.value, dtype or self.dtype, shape=list(shape))


class random_normal_initializer(Initializer):  # noqa: N801
    """Normal numbers."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 1.0, seed: int | None = None,
        dtype: object = float32,
    ) -> None:  # fmt: skip
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        return random_ops.random_normal(
            list(shape), self.mean, self.stddev, dtype or self.dtype, self.seed
        )


class truncated_normal_initializer(random_normal_initializer):  # noqa: N801
    """Normal numbers, those beyond two standard deviations excluded."""

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        return random_ops.truncated_normal(
            list(shape), self.mean, self.stddev, dtype or self.dtype, self.seed
        )


class random_uniform_initializer(Initializer):  # noqa: N801
    """Uniform numbers."""

    def __init__(
        self, minval: float = 0, maxval: float | None = None, seed: int | None = None,
        dtype: object = float32,
    ) -> None:  # fmt: skip
        self.minval, self.maxval, self.seed, self.dtype = minval, maxval, seed, as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        return random_ops.random_uniform(
            list(shape), self.minval, self.maxval, dtype or self.dtype, self.seed
        )


class variance_scaling_initializer(Initializer):  # noqa: N801
    """Numbers whose variance is ``scale`` over the number of inputs, outputs or their mean.

    Args:
        mode: ``fan_in``, ``fan_out`` or ``fan_avg``.
        distribution: ``uniform``, ``normal`` or ``truncated_normal``, or ``untruncated_normal``.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: object = float32,
    ) -> None:
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise AttributeValueError(f"mode {mode!r} is none of fan_in, fan_out, fan_avg")
        known = ("uniform", "normal", "truncated_normal", "untruncated_normal")
        if distribution not in known:
            raise AttributeValueError(
                f"distribution {distribution!r} is none of {', '.join(known)}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.seed, self.dtype = seed, as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        kind = dtype or self.dtype
        into, out = fans(shape)
        fan = {"fan_in": into, "fan_out": out, "fan_avg": (into + out) / 2}[self.mode]
        scale = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return random_ops.random_uniform(list(shape), -limit, limit, kind, self.seed)
        if self.distribution == "untruncated_normal":
            return random_ops.random_normal(list(shape), 0.0, math.sqrt(scale), kind, self.seed)
        # Truncation at two standard deviations makes the spread smaller by this factor.
        stddev = math.sqrt(scale) / 0.87962566103423978
        return random_ops.truncated_normal(list(shape), 0.0, stddev, kind, self.seed)


def fans(shape: Sequence[int]) -> tuple[float, float]:
    """Numbers of inputs and outputs of a weight: the last two dimensions, times the window before them."""
    if not shape:
        return 1.0, 1.0
    if len(shape) == 1:
        return float(shape[0]), float(shape[0])
    window = math.prod(shape[:-2])
    return float(shape[-2] * window), float(shape[-1] * window)


class glorot_uniform_initializer(variance_scaling_initializer):  # noqa: N801
    """Uniform with variance 2 / (inputs + outputs), also called Xavier."""

    def __init__(self, seed: int | None = None, dtype: object = float32) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)


class glorot_normal_initializer(variance_scaling_initializer):  # noqa: N801
    """Truncated normal with variance 2 / (inputs + outputs), also called Xavier."""

    def __init__(self, seed: int | None = None, dtype: object = float32) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)


class uniform_unit_scaling_initializer(Initializer):  # noqa: N801
    """Uniform with variance ``factor ** 2`` over the number of inputs."""

    def __init__(
        self, factor: float = 1.0, seed: int | None = None, dtype: object = float32
    ) -> None:
        self.factor, self.seed, self.dtype = factor, seed, as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        limit = math.sqrt(3 / max(1.0, float(math.prod(shape[:-1])))) * self.factor
        return random_ops.random_uniform(list(shape), -limit, limit, dtype or self.dtype, self.seed)


class orthogonal_initializer(Initializer):  # noqa: N801
    """A matrix with orthogonal rows or columns (the leading dimensions are flattened).

    The matrix is drawn when the graph is built: the compiler has no QR decomposition.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: object = float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        if len(shape) < 2:
            raise AttributeValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        graph = get_default_graph()
        # Different variables of one seeded graph must differ.
        base = self.seed if self.seed is not None else graph.seed
        entropy = None if base is None else [abs(base), graph.version]
        drawn = np.random.default_rng(entropy).normal(size=(max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(drawn)
        q *= np.sign(np.diag(r))
        q = q.T if rows < columns else q
        return constant(self.gain * q.reshape(shape), dtype or self.dtype)


class identity_initializer(Initializer):  # noqa: N801
    """The identity matrix, times ``gain``."""

    def __init__(self, gain: float = 1.0, dtype: object = float32) -> None:
        self.gain, self.dtype = gain, as_dtype(dtype)

    def __call__(
        self, shape: Sequence[int], dtype: object = None, partition_info: object = None
    ) -> Tensor:
        if len(shape) != 2:
            raise AttributeValueError(
                "Identity matrix initializer can only be used for 2D matrices."
            )
        return constant(self.gain * np.eye(shape[0], shape[1]), dtype or self.dtype)


def he_normal(seed: int | None = None) -> Initializer:
    """Truncated normal with variance 2 / inputs."""
    return variance_scaling_initializer(2.0, "fan_in", "truncated_normal", seed)


def he_uniform(seed: int | None = None) -> Initializer:
    """Uniform with variance 2 / inputs."""
    return variance_scaling_initializer(2.0, "fan_in", "uniform", seed)


def lecun_normal(seed: int | None = None) -> Initializer:
    """Truncated normal with variance 1 / inputs."""
    return variance_scaling_initializer(1.0, "fan_in", "truncated_normal", seed)


def lecun_uniform(seed: int | None = None) -> Initializer:
    """Uniform with variance 1 / inputs."""
    return variance_scaling_initializer(1.0, "fan_in", "uniform", seed)


def default_initializer(dtype: DType) -> Initializer:
    """What `get_variable` uses where nothing else is said."""
    return (
        glorot_uniform_initializer(dtype=dtype) if dtype.is_floating else zeros_initializer(dtype)
    )


class initializers:  # noqa: N801
    """``tf.initializers``: the same initializers under their newer names."""

    zeros = zeros_initializer
    ones = ones_initializer
    constant = constant_initializer
    random_normal = random_normal_initializer
    random_uniform = random_uniform_initializer
    truncated_normal = truncated_normal_initializer
    variance_scaling = variance_scaling_initializer
    glorot_uniform = glorot_uniform_initializer
    glorot_normal = glorot_normal_initializer
    orthogonal = orthogonal_initializer
    identity = identity_initializer
    he_normal = staticmethod(he_normal)
    he_uniform = staticmethod(he_uniform)
    lecun_normal = staticmethod(lecun_normal)
    lecun_uniform = staticmethod(lecun_uniform)
