"""``tf.losses``: losses reduced to one number, and collected."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from ...compiler import library, ops
from ...compiler.errors import AttributeValueError
from ...compiler.ir import Value
from ...compiler.ops import TensorLike
from . import arithmetic, nn
from .build import apply, scoped
from .casting import cast
from .convert import constant, convert
from .graph import GraphKeys, get_default_graph
from .public import missing
from .tensor import Tensor

__all__ = [
    "Reduction", "absolute_difference", "add_loss", "compute_weighted_loss", "cosine_distance",
    "get_losses", "get_regularization_loss", "get_regularization_losses", "get_total_loss",
    "hinge_loss", "huber_loss", "log_loss", "mean_squared_error", "sigmoid_cross_entropy",
    "softmax_cross_entropy", "sparse_softmax_cross_entropy",
]  # fmt: skip


class Reduction:
    """How the losses of elements become one."""

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_OVER_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"


_DEFAULT = Reduction.SUM_BY_NONZERO_WEIGHTS


def add_loss(loss: object, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Enter a loss into the collection."""
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[object]:
    """The losses collected so far."""
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[object]:
    """The regularization losses collected so far."""
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Tensor:
    """The sum of the regularization losses."""
    losses = get_regularization_losses(scope)
    return arithmetic.add_n(losses, name=name) if losses else constant(0.0)


def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Tensor:
    """The sum of all collected losses, those of regularization included."""
    losses = get_losses(scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope)
    return arithmetic.add_n(losses, name=name)


@scoped("weighted_loss")
def compute_weighted_loss(
    losses: object, weights: object = 1.0, scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES, reduction: str = _DEFAULT,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """Losses times weights, reduced: by default their sum over the number of weights other than 0."""
    return _reduced(convert(losses), weights, loss_collection, reduction, name)


def _reduced(
    losses: Tensor,
    weights: object,
    collection: str | None,
    reduction: str,
    name: str | None,
) -> Tensor:
    if isinstance(weights, (int, float)):
        number = float(weights)
        loss = apply("Loss", lambda x: _by_number(x, number, reduction), losses, name=name)
    else:
        given = convert(weights)
        loss = apply("Loss", lambda x, w: _by_tensor(x, w, reduction), losses, given, name=name)
    add_loss(loss, collection)
    return loss


def _by_number(x: TensorLike, weight: float, reduction: str) -> TensorLike:
    weighted = ops.mul(x, weight) if weight != 1 else x
    if reduction == Reduction.NONE:
        return weighted
    if reduction == Reduction.SUM or weight == 0:
        return ops.reduce_sum(weighted)
    if reduction == Reduction.MEAN:
        return library.mean(x)
    return library.mean(weighted)


def _by_tensor(x: TensorLike, w: TensorLike, reduction: str) -> TensorLike:
    w = ops.cast(w, x.dtype) if w.dtype is not x.dtype else w
    if 0 < w.ndim < x.ndim:
        w = ops.reshape(w, (*w.shape, *[1] * (x.ndim - w.ndim)))
    weighted = ops.mul(x, w)
    if reduction == Reduction.NONE:
        return weighted
    total = ops.reduce_sum(weighted)
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return library.mean(weighted)
    each = ops.broadcast_to(w, x.shape)
    if reduction == Reduction.MEAN:
        below = ops.reduce_sum(each)
    else:
        below = ops.reduce_sum(ops.cast(ops.ne(each, 0), x.dtype))
    empty = ops.eq(below, 0)
    divided = ops.div(total, ops.where(empty, ops.ones_like(below), below))
    return ops.where(empty, ops.zeros_like(divided), divided)


def _pairwise(
    rule: Callable[[TensorLike, TensorLike], TensorLike],
    labels: object,
    predictions: object,
    weights: object,
    collection: str | None,
    reduction: str,
    name: str | None,
) -> Tensor:
    y = convert(predictions)
    t = cast(labels, y.dtype)
    y.shape.assert_is_compatible_with(t.shape)
    return _reduced(apply("Pairwise", rule, y, t), weights, collection, reduction, name)


@scoped("mean_squared_error")
def mean_squared_error(
    labels: object, predictions: object, weights: object = 1.0, scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES, reduction: str = _DEFAULT,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean of ``(predictions - labels) ** 2``."""
    return _pairwise(
        library.squared_error, labels, predictions, weights, loss_collection, reduction, name
    )


@scoped("absolute_difference")
def absolute_difference(
    labels: object, predictions: object, weights: object = 1.0, scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES, reduction: str = _DEFAULT,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean of ``|predictions - labels|``."""
    return _pairwise(
        library.l1_loss, labels, predictions, weights, loss_collection, reduction, name
    )


@scoped("huber_loss")
def huber_loss(
    labels: object, predictions: object, weights: object = 1.0, delta: float = 1.0,
    scope: str | None = None, loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _DEFAULT, name: str | None = None,
) -> Tensor:  # fmt: skip
    """Half the squared error up to ``delta``, growing linearly from there."""
    return _pairwise(
        lambda y, t: library.huber(y, t, delta),
        labels, predictions, weights, loss_collection, reduction, name,
    )  # fmt: skip


@scoped("log_loss")
def log_loss(
    labels: object, predictions: object, weights: object = 1.0, epsilon: float = 1e-7,
    scope: str | None = None, loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _DEFAULT, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The binary cross entropy of predicted probabilities."""
    return _pairwise(
        lambda y, t: library.log_loss(y, t, epsilon),
        labels, predictions, weights, loss_collection, reduction, name,
    )  # fmt: skip


@scoped("hinge_loss")
def hinge_loss(
    labels: object, logits: object, weights: object = 1.0, scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES, reduction: str = _DEFAULT,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """``max(0, 1 - y logits)`` for labels 0 and 1, which stand for ``y`` -1 and 1."""
    return _pairwise(library.hinge, labels, logits, weights, loss_collection, reduction, name)


@scoped("cosine_distance_loss")
def cosine_distance(
    labels: object, predictions: object, axis: int | None = None, weights: object = 1.0,
    scope: str | None = None, loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _DEFAULT, dim: int | None = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """``1 - sum(labels * predictions)`` along the axis, for vectors of length 1."""
    over = axis if axis is not None else dim
    if over is None:
        raise AttributeValueError("You must specify 'axis'.")
    return _pairwise(
        lambda y, t: ops.sub(1.0, ops.reduce_sum(ops.mul(y, t), over, True)),
        labels, predictions, weights, loss_collection, reduction, name,
    )  # fmt: skip


@scoped("sigmoid_cross_entropy_loss")
def sigmoid_cross_entropy(
    multi_class_labels: object, logits: object, weights: object = 1.0, label_smoothing: float = 0,
    scope: str | None = None, loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _DEFAULT, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean cross entropy of independent classes."""
    x = convert(logits)
    t = cast(multi_class_labels, x.dtype)
    if label_smoothing:
        smoothing = label_smoothing
        t = apply("Smooth", lambda v: library.smooth_labels(v, smoothing, 2), t)
    each = nn.sigmoid_cross_entropy_with_logits(labels=t, logits=x, name="xentropy")
    return _reduced(each, weights, loss_collection, reduction, name)


@scoped("softmax_cross_entropy_loss")
def softmax_cross_entropy(
    onehot_labels: object, logits: object, weights: object = 1.0, label_smoothing: float = 0,
    scope: str | None = None, loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = _DEFAULT, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean cross entropy of classes given as one-hot rows."""
    x = convert(logits)
    t = cast(onehot_labels, x.dtype)
    if label_smoothing:
        smoothing = label_smoothing

        def smooth(v: Value) -> TensorLike:
            classes = v.shape[-1]
            assert isinstance(classes, int)
            return library.smooth_labels(v, smoothing, classes)

        t = apply("Smooth", smooth, t)
    each = nn.softmax_cross_entropy_with_logits(labels=t, logits=x, name="xentropy")
    return _reduced(each, weights, loss_collection, reduction, name)


@scoped("sparse_softmax_cross_entropy_loss")
def sparse_softmax_cross_entropy(
    labels: object, logits: object, weights: object = 1.0, scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES, reduction: str = _DEFAULT,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """The mean cross entropy of classes given as integers; a last axis of 1 in the labels is dropped."""
    t, x = convert_labels(labels, logits)
    each = nn.sparse_softmax_cross_entropy_with_logits(labels=t, logits=x, name="xentropy")
    return _reduced(each, weights, loss_collection, reduction, name)


def convert_labels(labels: object, logits: object) -> tuple[Tensor, Tensor]:
    """Labels of one axis less than the logits."""
    t, x = convert(labels), convert(logits)
    if t.type is not None and x.type is not None and t.type.rank == x.type.rank:
        from .array_ops import squeeze

        t = squeeze(t, [-1])
    return t, x


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.losses", name, globals())
