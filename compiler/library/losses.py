"""Losses, one number for each element or row; the caller reduces them."""

from __future__ import annotations

import math

from ..errors import DTypeError, ShapeError
from ..ir.types import show_shape, unify
from ..ops import (
    TensorLike,
    absolute,
    add,
    clip,
    div,
    eq,
    exp,
    expand_dims,
    gt,
    log,
    lt,
    maximum,
    mul,
    neg,
    reduce_sum,
    relu,
    squeeze,
    sub,
    take_along,
    where,
)
from ..ops.shapes import normalize_axis
from .activations import log_softmax, softplus
from .common import number
from .statistics import norm, square

__all__ = [
    "binary_cross_entropy", "cosine_embedding", "gaussian_nll", "hinge", "hinge_embedding", "huber", "kl_div",
    "l1_loss", "log_loss", "margin_ranking", "nll", "poisson_nll", "sigmoid_cross_entropy",
    "smooth_l1", "smooth_labels", "soft_margin", "softmax_cross_entropy",
    "sparse_softmax_cross_entropy", "squared_error", "triplet_margin",
    "weighted_sigmoid_cross_entropy",
]  # fmt: skip


def nll(log_probabilities: TensorLike, labels: TensorLike, axis: int = -1) -> TensorLike:
    """The negative log probability of each label.

    Args:
        log_probabilities: ``[..., classes, ...]``.
        labels: integers of the same shape without the axis of classes.

    Raises:
        IndexOutOfRange: a label that is no class.
        ShapeError: labels of another shape.
        DTypeError: labels that are not integers.
    """
    axis = normalize_axis(axis, log_probabilities.ndim)
    shape = log_probabilities.shape
    want = shape[:axis] + shape[axis + 1 :]
    if not labels.dtype.is_integer:
        raise DTypeError(
            f"labels are class numbers and must be integers, got {labels.type}",
            hint="cast them to int64, or use the loss for one-hot or soft labels",
        )
    found = labels.shape
    if found != want and (
        len(found) != len(want)
        or any(unify(d, e) is None for d, e in zip(found, want, strict=True))
    ):
        raise ShapeError(
            f"labels for scores {show_shape(shape)} with classes on axis {axis} must have shape "
            f"{show_shape(want)}, got {show_shape(labels.shape)}"
        )
    picked = take_along(log_probabilities, expand_dims(labels, axis), axis)
    return neg(squeeze(picked, axis))


def sparse_softmax_cross_entropy(
    logits: TensorLike, labels: TensorLike, axis: int = -1
) -> TensorLike:
    """``-log(softmax(logits))`` at each label; arguments as in `nll`."""
    return nll(log_softmax(logits, axis), labels, axis)


def softmax_cross_entropy(logits: TensorLike, targets: TensorLike, axis: int = -1) -> TensorLike:
    """``-sum(targets * log(softmax(logits)))`` along the axis, for targets that are probabilities."""
    return neg(reduce_sum(mul(targets, log_softmax(logits, axis)), axis))


def smooth_labels(targets: TensorLike, smoothing: float, classes: int) -> TensorLike:
    """``targets (1 - smoothing) + smoothing / classes``."""
    return add(mul(targets, 1 - smoothing), smoothing / classes)


def sigmoid_cross_entropy(logits: TensorLike, targets: TensorLike) -> TensorLike:
    """``-targets log(p) - (1 - targets) log(1 - p)`` for ``p = sigmoid(logits)``, without overflow."""
    return sub(softplus(logits), mul(logits, targets))


def weighted_sigmoid_cross_entropy(
    logits: TensorLike, targets: TensorLike, positive_weight: TensorLike | float
) -> TensorLike:
    """`sigmoid_cross_entropy` with the positive part (that of ``targets``) times ``positive_weight``."""
    surplus = (
        positive_weight - 1
        if isinstance(positive_weight, (int, float))
        else sub(positive_weight, 1)
    )
    factor = add(mul(targets, surplus), 1)
    return add(mul(sub(1, targets), logits), mul(factor, softplus(neg(logits))))


def _floored_log(x: TensorLike, floor: float) -> TensorLike:
    """``max(log(x), floor)``, with a finite derivative everywhere."""
    above = gt(x, math.exp(floor))
    return where(above, log(where(above, x, number(1, x))), number(floor, x))


def binary_cross_entropy(
    probabilities: TensorLike, targets: TensorLike, floor: float = -100.0
) -> TensorLike:
    """``-targets log(p) - (1 - targets) log(1 - p)``; logarithms below ``floor`` count as ``floor`` (PyTorch)."""
    hit = _floored_log(probabilities, floor)
    miss = _floored_log(sub(1, probabilities), floor)
    return neg(add(mul(targets, hit), mul(sub(1, targets), miss)))


def log_loss(probabilities: TensorLike, targets: TensorLike, epsilon: float = 1e-7) -> TensorLike:
    """``-targets log(p + epsilon) - (1 - targets) log(1 - p + epsilon)`` (TensorFlow's rule)."""
    hit = mul(targets, log(add(probabilities, epsilon)))
    miss = mul(sub(1, targets), log(add(sub(1, probabilities), epsilon)))
    return sub(neg(hit), miss)


def squared_error(predictions: TensorLike, targets: TensorLike) -> TensorLike:
    """``(predictions - targets) ** 2``."""
    return square(sub(predictions, targets))


def l1_loss(predictions: TensorLike, targets: TensorLike) -> TensorLike:
    """``|predictions - targets|``."""
    return absolute(sub(predictions, targets))


def huber(predictions: TensorLike, targets: TensorLike, delta: float = 1.0) -> TensorLike:
    """``d ** 2 / 2`` for errors ``d`` up to ``delta``, then ``delta (|d| - delta / 2)``."""
    error = absolute(sub(predictions, targets))
    inner = mul(square(error), 0.5)
    return where(lt(error, delta), inner, mul(sub(error, 0.5 * delta), delta))


def smooth_l1(predictions: TensorLike, targets: TensorLike, beta: float = 1.0) -> TensorLike:
    """`huber` divided by its threshold ``beta``; the absolute error for 0."""
    if beta == 0:
        return l1_loss(predictions, targets)
    loss = huber(predictions, targets, beta)
    return loss if beta == 1 else div(loss, beta)


def kl_div(
    log_probabilities: TensorLike, targets: TensorLike, log_targets: bool = False
) -> TensorLike:
    """``t (log(t) - log_probabilities)`` for targets ``t``, which may be given as their logarithms; 0 for t = 0."""
    if log_targets:
        return mul(exp(targets), sub(targets, log_probabilities))
    positive = gt(targets, 0)
    safe = where(positive, targets, number(1, targets))
    entropy = where(positive, mul(targets, log(safe)), number(0, targets))
    return sub(entropy, mul(targets, log_probabilities))


def hinge(predictions: TensorLike, targets: TensorLike) -> TensorLike:
    """``max(0, 1 - y predictions)`` for targets 0 and 1, which stand for ``y`` -1 and 1."""
    return relu(sub(1, mul(sub(mul(targets, 2), 1), predictions)))


def soft_margin(predictions: TensorLike, targets: TensorLike) -> TensorLike:
    """``log(1 + exp(-targets predictions))`` for targets -1 and 1."""
    return softplus(neg(mul(targets, predictions)))


def hinge_embedding(x: TensorLike, targets: TensorLike, margin: float = 1.0) -> TensorLike:
    """``x`` for targets 1, ``max(0, margin - x)`` for targets -1."""
    return where(eq(targets, 1), x, relu(sub(margin, x)))


def margin_ranking(
    a: TensorLike, b: TensorLike, targets: TensorLike, margin: float = 0.0
) -> TensorLike:
    """``max(0, -targets (a - b) + margin)``."""
    away = neg(mul(targets, sub(a, b)))
    return relu(add(away, margin) if margin else away)


def cosine_embedding(
    similarity: TensorLike, targets: TensorLike, margin: float = 0.0
) -> TensorLike:
    """``1 - similarity`` for targets 1, ``max(0, similarity - margin)`` for targets -1."""
    return where(eq(targets, 1), sub(1, similarity), relu(sub(similarity, margin)))


def triplet_margin(
    anchor: TensorLike,
    positive: TensorLike,
    negative: TensorLike,
    margin: float = 1.0,
    order: float = 2.0,
    epsilon: float = 1e-6,
    swap: bool = False,
) -> TensorLike:
    """``max(0, distance(anchor, positive) - distance(anchor, negative) + margin)`` over the last axis.

    Args:
        order: the order of the norm that is the distance.
        epsilon: added to differences, as PyTorch does.
        swap: take the distance of positive and negative where it is smaller than that of anchor and negative.
    """

    def distance(a: TensorLike, b: TensorLike) -> TensorLike:
        return norm(add(sub(a, b), epsilon), order, -1)

    far = distance(anchor, negative)
    if swap:
        far = neg(maximum(neg(far), neg(distance(positive, negative))))
    return relu(add(sub(distance(anchor, positive), far), margin))


def poisson_nll(
    predictions: TensorLike,
    targets: TensorLike,
    log_input: bool = True,
    full: bool = False,
    epsilon: float = 1e-8,
) -> TensorLike:
    """The negative log likelihood of counts under a Poisson distribution, without the term of the factorial.

    Args:
        predictions: the rate, or its logarithm if ``log_input``.
        full: add Stirling's approximation of that term for targets above 1.
    """
    if log_input:
        loss = sub(exp(predictions), mul(targets, predictions))
    else:
        loss = sub(predictions, mul(targets, log(add(predictions, epsilon))))
    if not full:
        return loss
    large = gt(targets, 1)
    safe = where(large, targets, number(1, targets))
    stirling = add(sub(mul(safe, log(safe)), safe), mul(log(mul(safe, 2 * math.pi)), 0.5))
    return add(loss, where(large, stirling, number(0, targets)))


def gaussian_nll(
    predictions: TensorLike,
    targets: TensorLike,
    variances: TensorLike,
    full: bool = False,
    epsilon: float = 1e-6,
) -> TensorLike:
    """``(log(variances) + (predictions - targets) ** 2 / variances) / 2``; ``full`` adds ``log(2 pi) / 2``."""
    spread = clip(variances, epsilon, None)
    loss = mul(add(log(spread), div(squared_error(predictions, targets), spread)), 0.5)
    return add(loss, 0.5 * math.log(2 * math.pi)) if full else loss
