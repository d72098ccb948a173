"""Matrix products, and distances between vectors."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

from .....compiler import library
from .....compiler.errors import Place, ShapeError
from .....compiler.location import Location
from .....compiler.ops import add
from ...arguments import axis_of
from ...tensor import Tensor, wrap
from .support import same_type

__all__ = ["bilinear", "cosine_similarity", "linear", "normalize", "pairwise_distance", "pdist"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x @ weight.T + bias``: ``[*, in]``, ``[out, in]``, ``[out]`` to ``[*, out]``.

    Raises:
        ShapeError: the last dimension of ``x`` is not ``in``.
    """
    x, w = input.array, weight.array
    b = None if bias is None else bias.array
    shape, wshape = x.data.shape, w.data.shape
    if not shape or shape[-1] != wshape[-1]:
        rows = 1
        for d in shape[:-1]:
            rows *= d
        last = shape[-1] if shape else 1
        raise ShapeError(
            "mat1 and mat2 shapes cannot be multiplied "
            f"({rows}x{last} and {wshape[-1]}x{wshape[0] if len(wshape) > 1 else 1})",
            places=(
                Place("here", Location.here()),
                Place(f"the input is {x.type}, made here", x.location),
                Place(f"the weight is {w.type}, made here", w.location),
            ),
            hint=f"the last dimension of the input must be {wshape[-1]}; it is {x.type}",
        )
    if len(wshape) == 1:
        y = library.vector_matmul(x, w)
        return wrap(y if b is None else add(y, b))  # type: ignore[arg-type]
    return wrap(library.linear(x, w, b))  # type: ignore[arg-type]


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x1 @ weight[k] @ x2 + bias[k]`` for each ``k``."""
    b = None if bias is None else bias.array
    return wrap(library.bilinear(input1.array, input2.array, weight.array, b))  # type: ignore[arg-type]


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Vectors along ``dim`` divided by their ``p``-norm, or by ``eps`` where that is larger."""
    size = wrap(library.norm(input.array, p, axis_of(input, dim), True))  # type: ignore[arg-type]
    found = input / size.clamp_min(eps).expand_as(input)
    return found if out is None else out.copy_(found)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along ``dim``."""
    a, b = same_type(x1, x2)
    return wrap(library.cosine_similarity(a, b, axis_of(x1, dim), eps))  # type: ignore[arg-type]


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The ``p``-norm of ``x1 - x2 + eps`` over the last dimension."""
    difference = x1 - x2 + eps
    return wrap(library.norm(difference.array, p, -1, keepdim))  # type: ignore[arg-type]


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances of all pairs of rows, as the upper triangle of their matrix."""
    import numpy as np

    from ...creation import from_numpy

    i, j = np.triu_indices(input.shape[0], 1)
    difference = input[from_numpy(i)] - input[from_numpy(j)]
    return wrap(library.norm(difference.array, p, -1))  # type: ignore[arg-type]
