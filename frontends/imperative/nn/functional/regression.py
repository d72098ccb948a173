"""Losses on numbers, distances and similarities."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .....compiler import library
from .....compiler.ops import add, div, mul, reduce_sum, relu, sub
from ...assumptions import Within, holds
from ...tensor import Tensor, wrap
from .linear import cosine_similarity, pairwise_distance
from .support import named, reduced, reduction_of, same_type

__all__ = [
    "cosine_embedding_loss", "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div",
    "l1_loss", "margin_ranking_loss", "mse_loss", "multi_margin_loss",
    "multilabel_soft_margin_loss", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip

Flag = bool | None


def _pair(input: Tensor, target: Tensor) -> tuple[Any, Any]:
    """Both in one type; a warning where broadcasting may not be meant."""
    if input.array.data.shape != target.array.data.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
    a, b = same_type(input, target)
    return a, b


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``(x - y) ** 2``."""
    reduction = reduction_of(reduction, size_average, reduce)
    return named(
        reduced(library.squared_error(*_pair(input, target)), reduction), "MseLossBackward0"
    )


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``|x - y|``."""
    reduction = reduction_of(reduction, size_average, reduce)
    return named(reduced(library.l1_loss(*_pair(input, target)), reduction), "L1LossBackward0")


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Squared up to ``beta``, then absolute: ``d ** 2 / (2 beta)`` or ``|d| - beta / 2``."""
    reduction = reduction_of(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return named(
        reduced(library.smooth_l1(*_pair(input, target), beta), reduction), "SmoothL1LossBackward0"
    )


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """``d ** 2 / 2`` up to ``delta``, then ``delta (|d| - delta / 2)``."""
    reduction = reduction_of(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return named(
        reduced(library.huber(*_pair(input, target), delta), reduction), "HuberLossBackward0"
    )


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``t (log t - x)`` for log probabilities ``x``; ``reduction="batchmean"`` divides the sum by the batch."""
    if reduction == "batchmean":
        x, y = same_type(input, target)
        losses = library.kl_div(x, y, log_target)
        return wrap(div(reduce_sum(losses), input.array.data.shape[0]))  # type: ignore[arg-type]
    reduction = reduction_of(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    x, y = same_type(input, target)
    return wrap(reduced(library.kl_div(x, y, log_target), reduction))


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Flag = None,
    eps: float = 1e-8,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log likelihood of counts under a Poisson distribution."""
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = same_type(input, target)
    losses = library.poisson_nll(x, y, log_input, full, eps)
    return wrap(reduced(losses, reduction))


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log likelihood of numbers under normal distributions of the given means and variances."""
    reduction = reduction_of(reduction)
    spread = var if isinstance(var, Tensor) else input.new_full((1,), var)
    if spread.ndim and spread.ndim == input.ndim - 1:
        spread = spread.unsqueeze(-1)
    if not holds(spread.array, Within(0)):
        raise ValueError("var has negative entry/entries")
    x, y, z = same_type(input, target, spread)
    losses = library.gaussian_nll(x, y, z, full, eps)
    return wrap(reduced(losses, reduction))


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-y x))`` for targets -1 and 1."""
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = same_type(input, target)
    return wrap(reduced(library.soft_margin(x, y), reduction))


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``x`` for targets 1, ``max(0, margin - x)`` for targets -1."""
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = same_type(input, target)
    losses = library.hinge_embedding(x, y, margin)
    return wrap(reduced(losses, reduction))


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -y (x1 - x2) + margin)``."""
    reduction = reduction_of(reduction, size_average, reduce)
    x, y, z = same_type(input1, input2, target)
    losses = library.margin_ranking(x, y, z, margin)
    return wrap(reduced(losses, reduction))


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` for targets 1, ``max(0, cos - margin)`` for targets -1."""
    reduction = reduction_of(reduction, size_average, reduce)
    similarity = cosine_similarity(input1, input2, input1.ndim - 1, 1e-12)
    x, y = same_type(similarity, target)
    losses = library.cosine_embedding(x, y, margin)
    return wrap(reduced(losses, reduction))


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, distance to the positive - distance to the negative + margin)``."""
    reduction = reduction_of(reduction, size_average, reduce)
    x, y, z = same_type(anchor, positive, negative)
    losses = library.triplet_margin(x, y, z, margin, p, eps, swap)
    return wrap(reduced(losses, reduction))


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with a distance of one's own."""
    reduction = reduction_of(reduction)
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = -((-far).maximum(-distance(positive, negative)))
    return wrap(reduced(relu(add(sub(near.array, far.array), margin)), reduction))


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum over other classes of max(0, margin - x[y] + x[i]) ** p / c`` for scores ``[n, c]``."""
    from .embedding import one_hot

    reduction = reduction_of(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    classes = input.shape[1]
    own = input.gather(1, target.unsqueeze(1))
    away = (margin - own + input).clamp_min(0)
    if p == 2:
        away = away * away
    if weight is not None:
        away = away * weight[target].unsqueeze(1)
    others = 1 - one_hot(target, classes).to(input.dtype)
    losses = (away * others).sum(1) / classes
    return wrap(reduced(losses.array, reduction))


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Flag = None,
    reduce: Flag = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over classes of the binary cross entropies of scores ``[n, c]``."""
    reduction = reduction_of(reduction, size_average, reduce)
    x, y = same_type(input, target)
    losses: Any = library.sigmoid_cross_entropy(x, y)
    if weight is not None:
        losses = mul(losses, weight.array)
    return wrap(reduced(library.mean(losses, -1), reduction))
