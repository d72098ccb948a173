"""Dropout."""

from __future__ import annotations

from ....compiler import library, ops
from ....compiler.errors import AttributeValueError
from ....compiler.ir import Value, dtypes
from ....compiler.ops import TensorLike
from ..build import add_operation, scoped
from ..convert import convert
from ..dims import DimsArgument, require_scalar
from ..tensor import Tensor

__all__ = ["dropout"]


@scoped("dropout")
def dropout(
    x: object, keep_prob: object = None, noise_shape: object = None, seed: int | None = None,
    name: str | None = None, rate: object = None,
) -> Tensor:  # fmt: skip
    """Elements set to 0 at random, the others scaled so that the expected sum stays.

    Args:
        keep_prob: the probability to keep an element; or give ``rate``, the probability to drop one. Either may be a
            tensor.
        noise_shape: elements with the same noise fall together; dimensions of 1 are shared.

    Raises:
        ValueError: both or neither are given.
    """
    if keep_prob is not None and rate is not None:
        raise AttributeValueError(
            "Only one of keep_prob and rate can be given: rate = 1 - keep_prob"
        )
    if keep_prob is None and rate is None:
        raise AttributeValueError("You must provide a rate to dropout.")
    tensor = convert(x, name="x")
    noise = None if noise_shape is None else DimsArgument(noise_shape)
    given = keep_prob if rate is None else rate
    sizes = noise.tensors if noise is not None else []
    if isinstance(given, (int, float)):
        fraction = 1 - given if rate is None else given

        def fixed(key: Value, v: Value, *dims: Value) -> TensorLike:
            return library.dropout(v, key, fraction, None if noise is None else noise.dims(dims))

        return add_operation(
            "Dropout", fixed, [tensor, *sizes], name=name, draws=True, seed=seed
        ).outputs[0]
    amount = convert(given)

    def computed(key: Value, v: Value, probability: Value, *dims: Value) -> TensorLike:
        require_scalar(probability, "keep_prob" if rate is None else "rate")
        p = ops.cast(probability, dtypes.float32)
        keep = p if rate is None else ops.sub(1, p)
        shape = noise.dims(dims) if noise is not None else v.shape
        drop = ops.sub(1, keep)
        kept = ops.ge(ops.random_uniform(key, shape, dtypes.float32), drop)
        scaled = ops.div(v, ops.cast(keep, v.dtype))
        return ops.mul(scaled, ops.cast(kept, v.dtype))

    return add_operation(
        "Dropout", computed, [tensor, amount, *sizes], name=name, draws=True, seed=seed
    ).outputs[0]
