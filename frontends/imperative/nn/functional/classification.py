"""Losses on class scores and probabilities."""

from __future__ import annotations

from typing import Any

from .....compiler import library
from .....compiler.dispatch import Array
from .....compiler.errors import DTypeError, IndexOutOfRange, Place, ShapeError
from .....compiler.ir.types import show_shape
from .....compiler.location import Location
from .....compiler.ops import (
    add,
    cast,
    div,
    eq,
    gather,
    mul,
    neg,
    ones_like,
    reduce_sum,
    reshape,
    sub,
    where,
    zeros_like,
)
from ...assumptions import Labels, Within, Without, holds
from ...tensor import Tensor, wrap
from .activation import log_softmax
from .support import named, reduced, reduction_of, same_type

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss",
]  # fmt: skip

NLL = "NllLossBackward0"


def _class_axis(scores: Array) -> int:
    return 0 if scores.ndim == 1 else 1


def _check_labels(scores: Array, labels: Array, axis: int, ignore_index: int) -> bool:
    """Whether some labels are to be ignored.

    Raises:
        DTypeError: labels that are not integers.
        ShapeError: labels of another shape.
        IndexOutOfRange: a label that is no class.
    """
    shape = scores.data.shape
    want = shape[:axis] + shape[axis + 1 :]
    numbers = labels.data
    if numbers.dtype.kind not in "iu":
        raise DTypeError(
            f"expected scalar type Long but found {_kind_name(labels)}: class labels are integers",
            hint="cast them with .long(); targets that are probabilities have the shape of the "
            "scores",
        )
    if numbers.shape != want:
        if len(numbers.shape) == len(want) and numbers.shape[:1] != want[:1]:
            answer = (
                f"Expected input batch_size ({shape[0]}) to match target batch_size "
                f"({numbers.shape[0]})."
            )
        else:
            answer = f"Expected target size {show_shape(want)}, got {show_shape(numbers.shape)}"
        raise ShapeError(answer, hint=f"scores {scores.type} take labels {show_shape(want)}")
    classes = shape[axis]
    if holds(labels, Within(0, classes)):
        return 0 <= ignore_index < classes and not holds(labels, Without(ignore_index))
    if holds(labels, Labels(classes, ignore_index)):
        return True
    label = next(n for n in numbers.flat if n != ignore_index and not 0 <= n < classes)
    raise IndexOutOfRange(
        f"Target {label} is out of bounds.",
        places=(
            Place("here", Location.here()),
            Place(f"the labels are {labels.type}, made here", labels.location),
        ),
        hint=f"labels of {classes} classes run from 0 to {classes - 1}",
    )


def _kind_name(x: Array) -> str:
    return {"float32": "Float", "float64": "Double", "bool": "Bool"}.get(x.dtype.name, x.dtype.name)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log probability of each label.

    Args:
        input: log probabilities ``[n, c]``, ``[n, c, *]`` or ``[c]``.
        target: labels ``[n]``, ``[n, *]`` or ``[]``.
        weight: ``[c]``; the mean is weighted then.
        ignore_index: a label that does not count.
    """
    reduction = reduction_of(reduction, size_average, reduce)
    scores, labels = input.array, target.array
    axis = _class_axis(scores)
    ignored = _check_labels(scores, labels, axis, ignore_index)
    if not ignored and weight is None:
        return named(reduced(library.nll(scores, labels, axis), reduction), NLL)
    found = _weighted_nll(scores, labels, axis, weight, ignored, ignore_index, reduction)
    return named(found, NLL)


def _weighted_nll(
    scores: Array,
    labels: Any,
    axis: int,
    weight: Tensor | None,
    ignored: bool,
    ignore_index: int,
    reduction: str,
) -> Any:
    kept = None
    if ignored:
        away = eq(labels, ignore_index)
        labels = where(away, zeros_like(labels), labels)
        kept = sub(1.0, cast(away, scores.dtype))
    factors = gather(weight.array, labels, 0) if weight is not None else kept
    if weight is not None and kept is not None:
        factors = mul(factors, kept)  # type: ignore[arg-type]
    losses = mul(library.nll(scores, labels, axis), factors)  # type: ignore[arg-type]
    if reduction == "mean":
        return div(reduce_sum(losses), reduce_sum(factors))  # type: ignore[arg-type]
    return reduced(losses, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Minus the log of the softmax of each label's score.

    Args:
        input: scores ``[n, c]``, ``[n, c, *]`` or ``[c]``.
        target: labels ``[n]``, ``[n, *]`` or ``[]``; or probabilities of the shape of ``input``.
        weight: ``[c]``; with labels the mean is weighted then.
        ignore_index: a label that does not count.
        label_smoothing: how much of each target is spread over all classes.
    """
    reduction = reduction_of(reduction, size_average, reduce)
    scores, targets = input.array, target.array
    axis = _class_axis(scores)
    if targets.data.dtype.kind == "f" and targets.data.shape == scores.data.shape:
        return wrap(_soft(scores, targets, axis, weight, reduction, label_smoothing))
    ignored = _check_labels(scores, targets, axis, ignore_index)
    if weight is None and not ignored and not label_smoothing:
        losses = library.sparse_softmax_cross_entropy(scores, targets, axis)
        return named(reduced(losses, reduction), NLL)
    logs = log_softmax(input, axis).array
    if weight is None and not ignored:
        hard = reduced(library.nll(logs, targets, axis), reduction)
    else:
        hard = _weighted_nll(logs, targets, axis, weight, ignored, ignore_index, reduction)
    if not label_smoothing:
        return named(hard, NLL)
    smooth = _smooth(logs, targets, axis, weight, ignored, ignore_index, reduction)
    share = label_smoothing / scores.data.shape[axis]
    return wrap(add(mul(hard, 1 - label_smoothing), mul(smooth, share)))  # type: ignore[arg-type]


def _along(weight: Tensor, axis: int, rank: int) -> Any:
    return reshape(weight.array, (-1, *[1] * (rank - axis - 1)))


def _smooth(
    logs: Any,
    labels: Any,
    axis: int,
    weight: Tensor | None,
    ignored: bool,
    ignore_index: int,
    reduction: str,
) -> Any:
    """The loss for targets that are the same for all classes; its mean is taken as that of the labels is."""
    if weight is not None:
        logs = mul(logs, _along(weight, axis, logs.ndim))
    losses = neg(reduce_sum(logs, axis))
    kept: Any = ones_like(losses)
    if ignored:
        away = eq(labels, ignore_index)
        kept = sub(1.0, cast(away, losses.dtype))
        losses = mul(losses, kept)
        labels = where(away, zeros_like(labels), labels)
    if reduction != "mean":
        return reduced(losses, reduction)
    if weight is not None:
        kept = mul(gather(weight.array, labels, 0), kept)
    return div(reduce_sum(losses), reduce_sum(kept))


def _soft(
    scores: Array,
    targets: Any,
    axis: int,
    weight: Tensor | None,
    reduction: str,
    smoothing: float,
) -> Any:
    if smoothing:
        targets = library.smooth_labels(targets, smoothing, scores.data.shape[axis])
    if weight is not None:
        targets = mul(targets, _along(weight, axis, scores.ndim))
    losses = library.softmax_cross_entropy(scores, targets, axis)
    return reduced(losses, reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-t log(p) - (1 - t) log(1 - p)`` for probabilities ``p``; logarithms are held above -100.

    Raises:
        ShapeError: shapes differ.
        RuntimeError: a probability outside [0, 1].
    """
    reduction = reduction_of(reduction, size_average, reduce)
    p, t = input.array, target.array
    if p.data.shape != t.data.shape:
        raise ShapeError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if p.dtype is not t.dtype:
        raise DTypeError(
            f"Found dtype {_kind_name(t)} but expected {_kind_name(p)}",
            hint="cast the target with .float()",
        )
    if p.data.size and not (p.data.min() >= 0 and p.data.max() <= 1):
        raise RuntimeError("all elements of input should be between 0 and 1")
    losses = library.binary_cross_entropy(p, t)
    if weight is not None:
        losses = mul(losses, weight.array)
    return named(reduced(losses, reduction), "BinaryCrossEntropyBackward0")


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of the sigmoid of scores, without overflow.

    Args:
        pos_weight: how much positive targets count; broadcasts.
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if input.array.data.shape != target.array.data.shape:
        raise ShapeError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    x, t = same_type(input, target)
    if pos_weight is None:
        losses = library.sigmoid_cross_entropy(x, t)
    else:
        losses = library.weighted_sigmoid_cross_entropy(x, t, pos_weight.array)
    if weight is not None:
        losses = mul(losses, weight.array)
    return named(reduced(losses, reduction), "BinaryCrossEntropyWithLogitsBackward0")
