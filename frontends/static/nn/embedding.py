"""Embeddings: rows of a table by number."""

from __future__ import annotations

from ....compiler import library
from ....compiler.ops import TensorLike
from ..build import apply, scoped
from ..convert import convert
from ..errors import UnsupportedError
from ..tensor import Tensor

__all__ = ["embedding_lookup"]


@scoped("embedding_lookup")
def embedding_lookup(
    params: object, ids: object, partition_strategy: str = "mod", name: str | None = None,
    validate_indices: bool = True, max_norm: float | None = None,
) -> Tensor:  # fmt: skip
    """The rows of ``params`` numbered by ``ids``: ``[rows, ...]`` and ``[...]`` to ``[..., ...]``.

    The gradient is dense: a tensor like ``params`` with zeros in the rows that were not looked up.

    Args:
        max_norm: rows with a larger Euclidean norm are scaled down to it.
    """
    if isinstance(params, (list, tuple)):
        if len(params) != 1:
            raise UnsupportedError("bifront has embedding_lookup for a single table only")
        (params,) = params

    def recipe(table: TensorLike, rows: TensorLike) -> TensorLike:
        found = library.embedding_lookup(table, rows)
        if max_norm is None:
            return found
        return library.clip_by_norm(found, max_norm, tuple(range(rows.ndim, found.ndim)))

    return apply(
        "ResourceGather",
        recipe,
        convert(params, name="params"),
        convert(ids, name="ids"),
        name=name,
    )
