"""Cross entropies and other losses, one number for each row or element."""

from __future__ import annotations

from ....compiler import library, ops
from ....compiler.errors import AttributeValueError, ShapeError
from ....compiler.ir import show_shape
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..convert import convert, convert_pair
from ..errors import UnsupportedError
from ..reduction import older
from ..tensor import Tensor

__all__ = [
    "l2_loss", "log_poisson_loss", "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_logits_v2",
    "sparse_softmax_cross_entropy_with_logits", "weighted_cross_entropy_with_logits",
]  # fmt: skip


def _require_names(name: str, sentinel: object, labels: object, logits: object) -> None:
    if sentinel is not None:
        raise AttributeValueError(
            f"Only call `{name}` with named arguments (labels=..., logits=..., ...)"
        )
    if labels is None or logits is None:
        raise AttributeValueError("Both labels and logits must be provided.")


def _cross_entropy(labels: object, logits: object, axis: object, name: str | None, flows: bool) -> Tensor:  # fmt: skip
    over = -1 if axis is None else int(axis)  # type: ignore[call-overload]
    scores = convert(logits, name="logits")
    targets = convert(labels, scores.dtype, name="labels")

    def recipe(x: TensorLike, t: TensorLike) -> TensorLike:
        if x.ndim != t.ndim:
            raise ShapeError(
                f"labels {show_shape(t.shape)} and logits {show_shape(x.shape)} must have the same shape",
                hint="for labels that are class numbers use sparse_softmax_cross_entropy_with_logits",
            )
        return library.softmax_cross_entropy(x, t if flows else ops.stop_gradient(t), over)

    return apply("SoftmaxCrossEntropyWithLogits", recipe, scores, targets, name=name)


@scoped("softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    _sentinel: object = None, labels: object = None, logits: object = None, dim: object = -1,
    name: str | None = None, axis: object = None,
) -> Tensor:  # fmt: skip
    """``-sum(labels * log(softmax(logits)))`` along the axis; no gradient flows to the labels."""
    _require_names("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return _cross_entropy(labels, logits, dim if axis is None else axis, name, flows=False)


@scoped("softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits_v2(
    labels: object = None, logits: object = None, axis: object = None, name: str | None = None,
    dim: object = None, _sentinel: object = None,
) -> Tensor:  # fmt: skip
    """``-sum(labels * log(softmax(logits)))`` along the axis; gradients flow to the labels too."""
    _require_names("softmax_cross_entropy_with_logits_v2", _sentinel, labels, logits)
    return _cross_entropy(labels, logits, older(axis, dim, "axis", "dim"), name, flows=True)


@scoped("SparseSoftmaxCrossEntropyWithLogits")
def sparse_softmax_cross_entropy_with_logits(
    _sentinel: object = None, labels: object = None, logits: object = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """``-log(softmax(logits))`` at each label: logits ``[..., classes]``, labels ``[...]`` integers."""
    _require_names("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return apply(
        "SparseSoftmaxCrossEntropyWithLogits",
        library.sparse_softmax_cross_entropy,
        convert(logits, name="logits"), convert(labels, name="labels"), name=name,
    )  # fmt: skip


@scoped("logistic_loss")
def sigmoid_cross_entropy_with_logits(
    _sentinel: object = None, labels: object = None, logits: object = None,
    name: str | None = None,
) -> Tensor:  # fmt: skip
    """``-labels log(p) - (1 - labels) log(1 - p)`` for ``p = sigmoid(logits)``, elementwise."""
    _require_names("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    x, t = convert_pair(logits, labels, ("logits", "labels"))
    x.shape.assert_is_compatible_with(t.shape)
    return apply("logistic_loss", library.sigmoid_cross_entropy, x, t, name=name)


@scoped("logistic_loss")
def weighted_cross_entropy_with_logits(
    targets: object = None, logits: object = None, pos_weight: object = None,
    name: str | None = None, labels: object = None,
) -> Tensor:  # fmt: skip
    """`sigmoid_cross_entropy_with_logits` with the part of positive targets times ``pos_weight``."""
    x, t = convert_pair(logits, targets if labels is None else labels, ("logits", "targets"))
    if isinstance(pos_weight, (int, float)):
        weight = pos_weight
        return apply(
            "logistic_loss",
            lambda a, b: library.weighted_sigmoid_cross_entropy(a, b, weight), x, t, name=name,
        )  # fmt: skip
    return apply(
        "logistic_loss",
        library.weighted_sigmoid_cross_entropy, x, t, convert(pos_weight, x.dtype), name=name,
    )  # fmt: skip


@scoped("log_poisson_loss")
def log_poisson_loss(
    targets: object, log_input: object, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """``exp(log_input) - log_input * targets``; the full loss is not had."""
    if compute_full_loss:
        raise UnsupportedError("bifront has log_poisson_loss without compute_full_loss only")
    x, t = convert_pair(log_input, targets)
    return apply(
        "log_poisson_loss", lambda a, b: ops.sub(ops.exp(a), ops.mul(a, b)), x, t, name=name
    )


def l2_loss(t: object, name: str | None = None) -> Tensor:
    """``sum(t ** 2) / 2``."""
    return apply(
        "L2Loss", lambda x: ops.mul(ops.reduce_sum(library.square(x)), 0.5), convert(t), name=name
    )
