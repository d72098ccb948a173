"""``tf.metrics``: averages over many runs, kept in local variables."""

from __future__ import annotations

from typing import NoReturn

from . import arithmetic, logic, reduction
from .build import scoped
from .casting import cast
from .convert import convert
from .creation import ones_like, zeros
from .dtypes import bool as bool_
from .dtypes import float32
from .errors import UnsupportedError
from .graph import GraphKeys
from .public import missing
from .tensor import Tensor
from .variable import Variable, assign_add

__all__ = [
    "accuracy", "mean", "mean_absolute_error", "mean_squared_error", "precision", "recall",
    "root_mean_squared_error",
]  # fmt: skip

Metric = tuple[Tensor, Tensor]


def _counter(name: str) -> Variable:
    return Variable(
        zeros([], float32),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        name=name,
    )


def _ratio(above: object, below: object) -> Tensor:
    """``above / below``, 0 where nothing was counted."""
    return arithmetic.div_no_nan(above, below, name="value")


def _tally(above: Tensor, below: Tensor) -> Metric:
    """A ratio of two sums over all runs, and the operation that adds this run's and gives the new ratio."""
    total, count = _counter("total"), _counter("count")
    value = _ratio(total, count)
    grown = assign_add(total, above), assign_add(count, below)
    return value, arithmetic.div_no_nan(*grown, name="update_op")


@scoped("mean")
def mean(
    values: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The weighted mean of all values so far, and the operation that takes in more."""
    x = cast(values, float32)
    w = ones_like(x) if weights is None else cast(weights, float32)
    if weights is not None:
        w = arithmetic.multiply(ones_like(x), w)
    return _tally(reduction.reduce_sum(arithmetic.multiply(x, w)), reduction.reduce_sum(w))


@scoped("accuracy")
def accuracy(
    labels: object, predictions: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The fraction of predictions equal to their labels, and the operation that takes in more."""
    t = convert(labels)
    same = logic.equal(cast(predictions, t.dtype), t)
    return mean(same, weights)


@scoped("mean_squared_error")
def mean_squared_error(
    labels: object, predictions: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The mean squared error so far, and the operation that takes in more."""
    y = convert(predictions)
    return mean(arithmetic.squared_difference(y, cast(labels, y.dtype)), weights)


@scoped("mean_absolute_error")
def mean_absolute_error(
    labels: object, predictions: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The mean absolute error so far, and the operation that takes in more."""
    y = convert(predictions)
    error = arithmetic.abs(arithmetic.subtract(y, cast(labels, y.dtype)))
    return mean(error, weights)


@scoped("root_mean_squared_error")
def root_mean_squared_error(
    labels: object, predictions: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The root of the mean squared error so far, and the operation that takes in more."""
    value, grown = mean_squared_error(labels, predictions, weights)
    return arithmetic.sqrt(value), arithmetic.sqrt(grown)


def _hits(labels: object, predictions: object, among: str) -> Metric:
    t, y = cast(labels, bool_), cast(predictions, bool_)
    hits = cast(logic.logical_and(t, y), float32)
    cases = cast(y if among == "predictions" else t, float32)
    return _tally(reduction.reduce_sum(hits), reduction.reduce_sum(cases))


@scoped("precision")
def precision(
    labels: object, predictions: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The fraction of positive predictions that are right, and the operation that takes in more."""
    _refuse(weights)
    return _hits(labels, predictions, "predictions")


@scoped("recall")
def recall(
    labels: object, predictions: object, weights: object = None, metrics_collections: object = None,
    updates_collections: object = None, name: str | None = None,
) -> Metric:  # fmt: skip
    """The fraction of positive labels that are predicted, and the operation that takes in more."""
    _refuse(weights)
    return _hits(labels, predictions, "labels")


def _refuse(weights: object) -> None:
    if weights is not None:
        raise UnsupportedError("bifront has precision and recall without weights only")


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.metrics", name, globals())
