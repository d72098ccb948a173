"""Random numbers. Each draw takes the session's current key and moves it on, so equal seeds give equal numbers."""

from __future__ import annotations

from collections.abc import Callable

from ...compiler import library, ops
from ...compiler.errors import AttributeValueError
from ...compiler.ir import Value
from ...compiler.ops import TensorLike
from .build import add_operation, scoped
from .convert import convert
from .dims import DimsArgument
from .dtypes import DType, as_dtype, float32, int64
from .graph import get_default_graph
from .tensor import Tensor

__all__ = [
    "multinomial", "random_normal", "random_shuffle", "random_uniform", "set_random_seed",
    "truncated_normal",
]  # fmt: skip


def set_random_seed(seed: int) -> None:
    """Fix the random numbers of sessions of this graph that have not drawn any yet."""
    get_default_graph().seed = int(seed)


@scoped("random_normal")
def random_normal(
    shape: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normal numbers of the given shape; ``mean`` and ``stddev`` may be tensors."""
    return _draw("RandomStandardNormal", library.normal, shape, mean, stddev, dtype, seed, name)


@scoped("truncated_normal")
def truncated_normal(
    shape: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normal numbers, those beyond two standard deviations excluded."""
    return _draw("TruncatedNormal", library.truncated_normal, shape, mean, stddev, dtype, seed, name)  # fmt: skip


@scoped("random_uniform")
def random_uniform(
    shape: object,
    minval: object = 0,
    maxval: object = None,
    dtype: object = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Numbers in ``[minval, maxval)``; integers too, for an integer type, which needs ``maxval``."""
    kind = as_dtype(dtype)
    if kind.is_integer:
        if not isinstance(minval, int) or not isinstance(maxval, int):
            raise AttributeValueError(
                "random_uniform of integers needs minval and maxval as Python integers"
            )
        wanted = DimsArgument(shape)
        return add_operation(
            "RandomUniformInt",
            lambda key, *dims: library.random_integers(
                key, wanted.dims(dims), minval, maxval, kind.ir
            ),
            wanted.tensors, name=name, draws=True, seed=seed,
        ).outputs[0]  # fmt: skip
    high = 1.0 if maxval is None else maxval
    return _draw("RandomUniform", library.uniform, shape, minval, high, dtype, seed, name)


def _draw(
    type: str,
    draw: Callable[..., TensorLike],
    shape: object,
    first: object,
    second: object,
    dtype: object,
    seed: int | None,
    name: str | None,
) -> Tensor:
    """``draw(key, shape, first, second, dtype)`` as an operation; the parameters may be tensors."""
    wanted, kind = DimsArgument(shape), as_dtype(dtype)
    given = [_parameter(p, kind) for p in (first, second)]
    count = len(wanted.tensors)

    def recipe(key: Value, *values: Value) -> TensorLike:
        rest = iter(values[count:])
        parameters = [next(rest) if isinstance(p, Tensor) else p for p in given]
        return draw(key, wanted.dims(values[:count]), *parameters, kind.ir)

    inputs = [*wanted.tensors, *(p for p in given if isinstance(p, Tensor))]
    return add_operation(type, recipe, inputs, name=name, draws=True, seed=seed).outputs[0]


def _parameter(given: object, dtype: DType) -> Tensor | float:
    """A Python number stays one: the shared functions leave out what it makes trivial."""
    if isinstance(given, (int, float)):
        return float(given)
    return convert(given, dtype)


@scoped("RandomShuffle")
def random_shuffle(value: object, seed: int | None = None, name: str | None = None) -> Tensor:
    """The slices along the first axis in random order."""
    return add_operation(
        "RandomShuffle", library.shuffle, [convert(value)], name=name, draws=True, seed=seed
    ).outputs[0]


@scoped("Multinomial")
def multinomial(
    logits: object,
    num_samples: int,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: object = None,
) -> Tensor:
    """Classes drawn with probabilities ``softmax(logits)``: ``[batch, classes]`` to ``[batch, num_samples]``."""
    kind = as_dtype(output_dtype or int64)
    count = DimsArgument(num_samples)

    def recipe(key: Value, scores: Value, *dims: Value) -> TensorLike:
        return ops.cast(library.categorical(key, scores, *count.dims(dims)), kind.ir)

    inputs = [convert(logits), *count.tensors]
    return add_operation("Multinomial", recipe, inputs, name=name, draws=True, seed=seed).outputs[0]
