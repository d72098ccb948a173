"""Names from before TensorFlow 1, and calls that ask for it from later versions."""

from __future__ import annotations

from collections.abc import Iterable

from .summary import histogram, image, merge, merge_all, scalar
from .tensor import Tensor

__all__ = [
    "disable_eager_execution", "disable_v2_behavior", "histogram_summary", "image_summary",
    "merge_all_summaries", "merge_summary", "scalar_summary",
]  # fmt: skip


def scalar_summary(tags: str, values: object, collections: Iterable[str] | None = None) -> Tensor:
    """`summary.scalar`."""
    return scalar(tags, values, collections)


def histogram_summary(tag: str, values: object, collections: Iterable[str] | None = None) -> Tensor:
    """`summary.histogram`."""
    return histogram(tag, values, collections)


def image_summary(
    tag: str, tensor: object, max_images: int = 3, collections: Iterable[str] | None = None
) -> Tensor:
    """`summary.image`."""
    return image(tag, tensor, max_images, collections)


def disable_eager_execution() -> None:
    """Accepted: nothing here is eager."""


def disable_v2_behavior() -> None:
    """Accepted: nothing here behaves like TensorFlow 2."""


merge_summary = merge
merge_all_summaries = merge_all
