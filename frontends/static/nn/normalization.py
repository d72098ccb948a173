"""Normalizations, moments and affine maps."""

from __future__ import annotations

from ....compiler import library, ops
from ....compiler.ir import Value
from ....compiler.ops import TensorLike
from ..build import add_operation, apply, scoped
from ..casting import cast
from ..convert import convert
from ..linear import matmul
from ..logic import equal
from ..reduction import as_axes, older, reduce_mean
from ..tensor import Tensor
from .convolution import bias_add

__all__ = [
    "batch_norm_with_global_normalization", "batch_normalization", "fused_batch_norm",
    "l2_normalize", "local_response_normalization", "lrn", "moments", "xw_plus_b",
    "zero_fraction",
]  # fmt: skip


@scoped("moments")
def moments(
    x: object, axes: object, shift: object = None, name: str | None = None,
    keep_dims: bool | None = None, keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Mean and (biased) variance over the axes."""
    keep = bool(older(keepdims, keep_dims, "keepdims", "keep_dims"))
    over = as_axes(axes)
    op = add_operation("Moments", lambda v: library.moments(v, over, keep), [convert(x)], name=name)
    return op.outputs[0], op.outputs[1]


@scoped("batchnorm")
def batch_normalization(
    x: object, mean: object, variance: object, offset: object, scale: object,
    variance_epsilon: float, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``; offset and scale may be None."""
    tensor = convert(x)
    given = [convert(v, tensor.dtype) for v in (mean, variance)]
    optional = [None if v is None else convert(v, tensor.dtype) for v in (scale, offset)]

    def recipe(v: TensorLike, m: TensorLike, s: TensorLike, *values: Value) -> TensorLike:
        rest = iter(values)
        factor, shift = [None if t is None else next(rest) for t in optional]
        return library.normalize(v, m, s, factor, shift, float(variance_epsilon))

    inputs = [tensor, *given, *(t for t in optional if t is not None)]
    return apply("BatchNorm", recipe, *inputs, name=name)


def batch_norm_with_global_normalization(
    t: object, m: object, v: object, beta: object, gamma: object, variance_epsilon: float,
    scale_after_normalization: bool, name: str | None = None,
) -> Tensor:  # fmt: skip
    """`batch_normalization` under its older name."""
    scale = gamma if scale_after_normalization else None
    return batch_normalization(t, m, v, beta, scale, variance_epsilon, name=name)


@scoped("FusedBatchNorm")
def fused_batch_norm(
    x: object, scale: object, offset: object, mean: object = None, variance: object = None,
    epsilon: float = 0.001, data_format: str = "NHWC", is_training: bool = True,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Images normalized by their own statistics, or by given ones; the result, the means and the unbiased variances."""
    axis = 1 if data_format == "NCHW" else 3
    tensors = [convert(t) for t in (x, scale, offset)]
    if not is_training:
        tensors += [convert(mean), convert(variance)]

    def recipe(v: Value, factor: Value, shift: Value, *known: Value) -> tuple[TensorLike, ...]:
        center, spread = known if known else (None, None)
        y, used, biased = library.batch_norm(v, center, spread, factor, shift, epsilon, axis)
        if known:
            return y, used, biased
        count = v.type.size // v.shape[axis]
        exact = ops.div(ops.extent(count, v.dtype), ops.extent(count - 1, v.dtype))
        return y, used, ops.mul(biased, exact)

    op = add_operation("FusedBatchNorm", recipe, tensors, name=name)
    return op.outputs[0], op.outputs[1], op.outputs[2]


@scoped("l2_normalize")
def l2_normalize(
    x: object, axis: object = None, epsilon: float = 1e-12, name: str | None = None,
    dim: object = None,
) -> Tensor:  # fmt: skip
    """``x`` divided by its Euclidean norm over the axes."""
    axes = as_axes(older(axis, dim, "axis", "dim"))
    return apply(
        "l2_normalize", lambda v: library.l2_normalize(v, axes, epsilon), convert(x), name=name
    )


@scoped("LRN")
def local_response_normalization(
    input: object, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """``x / (bias + alpha * sum(x ** 2)) ** beta``, summed over channels up to ``depth_radius`` away."""
    window = (int(depth_radius), int(depth_radius))
    return apply(
        "LRN",
        lambda v: library.local_response_norm(v, window, bias, alpha, beta, -1),
        convert(input),
        name=name,
    )


lrn = local_response_normalization


@scoped("xw_plus_b")
def xw_plus_b(x: object, weights: object, biases: object, name: str | None = None) -> Tensor:
    """``x @ weights + biases``."""
    return bias_add(matmul(x, weights), biases, name=name)


def zero_fraction(value: object, name: str = "zero_fraction") -> Tensor:
    """The fraction of elements that are 0."""
    return reduce_mean(cast(equal(value, 0), "float32"), name=name)
