"""Losses over many classes that look at a few sampled ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....compiler import library, ops
from ....compiler.errors import AttributeValueError
from ....compiler.ir import Value, dtypes
from ....compiler.ops import TensorLike
from ..build import add_operation, scoped
from ..casting import cast
from ..convert import convert
from ..dtypes import as_dtype, int64
from ..tensor import Tensor

__all__ = [
    "log_uniform_candidate_sampler", "nce_loss", "sampled_softmax_loss",
    "uniform_candidate_sampler",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws classes with given probabilities.

    Without replacement each class waits for an exponential time with its probability as rate, and the first ones are
    taken: the distribution of drawing again until enough different classes were seen. The time that passed stands for
    the number of those draws, which the expected counts need.
    """

    probabilities: np.ndarray
    count: int
    unique: bool

    def draw(self, key: TensorLike) -> tuple[TensorLike, TensorLike]:
        """The sampled classes, int64 ``[count]``, and the number of tries."""
        size = len(self.probabilities)
        if not self.unique:
            shares = ops.constant(self.probabilities.astype(np.float32))
            tries = ops.constant(self.count, dtypes.float32)
            return library.multinomial(key, shares, self.count), tries
        if self.count > size:
            raise AttributeValueError(f"cannot sample {self.count} different classes of {size}")
        rates = ops.constant(self.probabilities.astype(np.float32))
        waits = library.exponential(key, (size,), rates)
        order = ops.argsort(waits, 0)
        first = ops.slice_(order, [0], [self.count])
        last = ops.slice_(order, [self.count - 1], [self.count])
        return first, ops.reshape(ops.gather(waits, last, 0), ())

    def expected(self, classes: TensorLike, tries: TensorLike) -> TensorLike:
        """How often each class is expected among the samples."""
        p = ops.gather(ops.constant(self.probabilities.astype(np.float32)), classes, 0)
        if not self.unique:
            return ops.mul(p, tries)
        return ops.neg(ops.expm1(ops.mul(ops.log1p(ops.neg(p)), tries)))


def log_uniform(count: int, size: int, unique: bool) -> Sampler:
    """Probabilities that fall like 1 / (class + 1): Zipf's law."""
    classes = np.arange(size)
    return Sampler(np.log1p(1 / (classes + 1)) / math.log(size + 1), count, unique)


def uniform(count: int, size: int, unique: bool) -> Sampler:
    """Equal probabilities."""
    return Sampler(np.full(size, 1 / size), count, unique)


Samples = tuple[Tensor, Tensor, Tensor]


@scoped("LogUniformCandidateSampler")
def log_uniform_candidate_sampler(
    true_classes: object, num_true: int, num_sampled: int, unique: bool, range_max: int,
    seed: int | None = None, name: str | None = None,
) -> Samples:  # fmt: skip
    """Sampled classes by Zipf's law, and the expected counts of the true and of the sampled classes."""
    return _sampled(log_uniform(num_sampled, range_max, unique), true_classes, seed, name)


@scoped("UniformCandidateSampler")
def uniform_candidate_sampler(
    true_classes: object, num_true: int, num_sampled: int, unique: bool, range_max: int,
    seed: int | None = None, name: str | None = None,
) -> Samples:  # fmt: skip
    """Sampled classes, all alike, and the expected counts of the true and of the sampled classes."""
    return _sampled(uniform(num_sampled, range_max, unique), true_classes, seed, name)


def _sampled(sampler: Sampler, true: object, seed: int | None, name: str | None) -> Samples:
    def recipe(key: Value, labels: Value) -> list[TensorLike]:
        classes, tries = sampler.draw(key)
        return [classes, sampler.expected(labels, tries), sampler.expected(classes, tries)]

    op = add_operation(
        "CandidateSampler", recipe, [convert(true)], name=name, draws=True, seed=seed
    )
    return op.outputs[0], op.outputs[1], op.outputs[2]


@scoped("nce_loss")
def nce_loss(
    weights: object, biases: object, labels: object, inputs: object, num_sampled: int,
    num_classes: int, num_true: int = 1, sampled_values: Sequence[object] | None = None,
    remove_accidental_hits: bool = False, partition_strategy: str = "mod",
    name: str | None = "nce_loss",
) -> Tensor:  # fmt: skip
    """Noise-contrastive estimation: is a class the true one, or one of the sampled?

    Args:
        weights, biases: ``[classes, dim]`` and ``[classes]``.
        labels: integers ``[batch, num_true]``.
        inputs: ``[batch, dim]``.

    Returns:
        ``[batch]``.
    """

    def loss(true: TensorLike, sampled: TensorLike) -> TensorLike:
        hit = library.sigmoid_cross_entropy(true, ops.full(true.shape, 1 / num_true, true.dtype))
        miss = library.sigmoid_cross_entropy(sampled, ops.zeros_like(sampled))
        return ops.add(ops.reduce_sum(hit, 1), ops.reduce_sum(miss, 1))

    return _sampled_loss(
        "NceLoss", loss, weights, biases, labels, inputs, num_sampled, num_classes,
        sampled_values, remove_accidental_hits, None, name,
    )  # fmt: skip


@scoped("sampled_softmax_loss")
def sampled_softmax_loss(
    weights: object, biases: object, labels: object, inputs: object, num_sampled: int,
    num_classes: int, num_true: int = 1, sampled_values: Sequence[object] | None = None,
    remove_accidental_hits: bool = True, partition_strategy: str = "mod",
    name: str | None = "sampled_softmax_loss", seed: int | None = None,
) -> Tensor:  # fmt: skip
    """Softmax cross entropy over the true classes and sampled ones; arguments as in `nce_loss`."""

    def loss(true: TensorLike, sampled: TensorLike) -> TensorLike:
        shares = ops.concatenate(
            [ops.full(true.shape, 1 / num_true, true.dtype), ops.zeros_like(sampled)], 1
        )
        return library.softmax_cross_entropy(ops.concatenate([true, sampled], 1), shares)

    return _sampled_loss(
        "SampledSoftmaxLoss", loss, weights, biases, labels, inputs, num_sampled, num_classes,
        sampled_values, remove_accidental_hits, seed, name,
    )  # fmt: skip


def _sampled_loss(
    type: str,
    loss: Callable[[TensorLike, TensorLike], TensorLike],
    weights: object,
    biases: object,
    labels: object,
    inputs: object,
    num_sampled: int,
    num_classes: int,
    sampled_values: Sequence[object] | None,
    remove_hits: bool,
    seed: int | None,
    name: str | None,
) -> Tensor:
    sampler = log_uniform(num_sampled, num_classes, True)
    given = [convert(v) for v in sampled_values] if sampled_values is not None else []

    def score(x: Value, w: Value, b: Value, true: Value, *chosen: TensorLike) -> TensorLike:
        classes, true_counts, counts = chosen
        rows = ops.gather(w, true, 0)
        hits = ops.reduce_sum(ops.mul(rows, ops.expand_dims(x, 1)), 2)
        hits = ops.sub(ops.add(hits, ops.gather(b, true, 0)), ops.log(true_counts))
        misses = ops.matmul(x, ops.gather(w, classes, 0), transpose_b=True)
        misses = ops.sub(ops.add(misses, ops.gather(b, classes, 0)), ops.log(counts))
        if remove_hits:
            same = ops.eq(ops.expand_dims(true, 2), ops.reshape(classes, (1, 1, num_sampled)))
            lowest = ops.constant(as_dtype(misses.dtype).min, misses.dtype)
            misses = ops.where(ops.reduce_any(same, 1), lowest, misses)
        return loss(hits, misses)

    def drawn(key: Value, *values: Value) -> TensorLike:
        classes, tries = sampler.draw(key)
        true = values[3]
        return score(
            *values, classes, sampler.expected(true, tries), sampler.expected(classes, tries)
        )

    tensors = [convert(inputs), convert(weights), convert(biases), cast(labels, int64), *given]
    recipe = score if given else drawn
    op = add_operation(type, recipe, tensors, name=name, draws=not given, seed=seed)
    return op.outputs[0]
