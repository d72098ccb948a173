"""Names from before TensorFlow 1 that scripts still use."""

from __future__ import annotations

from collections.abc import Iterable

from .summary import histogram, image, merge, merge_all, scalar
from .tensor import Tensor

__all__ = [
    "histogram_summary", "image_summary", "merge_all_summaries", "merge_summary", "scalar_summary",
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


merge_summary = merge
merge_all_summaries = merge_all
