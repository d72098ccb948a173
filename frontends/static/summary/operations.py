"""Summary operations: they give the bytes that a `FileWriter` takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from ....compiler.errors import AttributeValueError
from ..build import add_operation
from ..convert import convert
from ..dtypes import string
from ..graph import GraphKeys, get_default_graph
from ..tensor import Tensor
from . import messages

__all__ = ["histogram", "image", "merge", "merge_all", "scalar", "text"]

Collections = Iterable[str] | None


def _summary(
    type: str,
    name: str,
    tensor: Tensor,
    collections: Collections,
    family: str | None,
    write: Callable[[str, np.ndarray], bytes],
) -> Tensor:
    """A host operation that turns the tensor's numbers into a message; the tag is the operation's own unique name."""
    graph = get_default_graph()
    clean = _clean(name if family is None else f"{family}/{name}")
    tag = graph.unique_name(clean)
    op = add_operation(
        type, None, [tensor], name=tag + "/", outputs=[(string, None)],
        host=lambda _, array: write(tag, np.asarray(array)),
    )  # fmt: skip
    graph.add_to_collections(
        [GraphKeys.SUMMARIES] if collections is None else collections, op.outputs[0]
    )
    return op.outputs[0]


def _clean(name: str) -> str:
    """Characters that names do not take become underscores, as in TensorFlow: ``W:0`` is ``W_0``."""
    return re.sub(r"[^-/\w.]", "_", name).lstrip("/") or "summary"


def scalar(
    name: str, tensor: object, collections: Collections = None, family: str | None = None
) -> Tensor:
    """A summary of one number."""
    return _summary(
        "ScalarSummary", name, convert(tensor), collections, family,
        lambda tag, x: messages.scalar(tag, float(x.reshape(()))),
    )  # fmt: skip


def histogram(
    name: str, values: object, collections: Collections = None, family: str | None = None
) -> Tensor:
    """A summary of how a tensor's numbers are distributed."""
    return _summary(
        "HistogramSummary", name, convert(values), collections, family, messages.histogram
    )


def image(
    name: str, tensor: object, max_outputs: int = 3, collections: Collections = None,
    family: str | None = None,
) -> Tensor:  # fmt: skip
    """A summary of the first pictures of ``[batch, height, width, channels]`` (1, 3 or 4 channels)."""

    def write(tag: str, images: np.ndarray) -> bytes:
        if images.ndim != 4 or images.shape[3] not in (1, 3, 4):
            raise AttributeValueError(
                f"summary.image takes [batch, height, width, 1, 3 or 4], got {images.shape}"
            )
        chosen = messages.to_pixels(images[:max_outputs])
        single = max_outputs == 1
        return b"".join(
            messages.image(f"{tag}/image" if single else f"{tag}/image/{i}", picture)
            for i, picture in enumerate(chosen)
        )

    return _summary("ImageSummary", name, convert(tensor), collections, family, write)


def text(name: str, tensor: object, collections: Collections = None) -> Tensor:
    """A summary of a text, given as a string tensor."""

    def write(tag: str, value: np.ndarray) -> bytes:
        parts = [v if isinstance(v, bytes) else str(v).encode() for v in value.ravel().tolist()]
        return messages.text(tag, b"\n\n".join(parts))

    return _summary("TextSummary", name, convert(tensor), collections, None, write)


def merge(inputs: Iterable[object], collections: Collections = None, name: str | None = None) -> Tensor:  # fmt: skip
    """One summary that holds all ``inputs``."""
    summaries = [convert(s) for s in inputs]
    op = add_operation(
        "MergeSummary", None, summaries, name=name or "Merge/MergeSummary",
        outputs=[(string, None)], host=lambda _, *parts: b"".join(parts),
    )  # fmt: skip
    if collections:
        get_default_graph().add_to_collections(collections, op.outputs[0])
    return op.outputs[0]


def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """One summary of all that were made so far; None if there are none."""
    found = get_default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None
