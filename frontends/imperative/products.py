"""Products of vectors, matrices and stacks of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...compiler import library, ops
from ...compiler.dispatch import Array
from ...compiler.errors import DTypeError, Place, ShapeError
from ...compiler.ir.types import show_shape
from ...compiler.location import Location
from .api import export
from .arguments import axis_of
from .tensor import Tensor, give, wrap


def _pair(a: Any, b: Any, name: str) -> tuple[Array, Array]:
    for x in (a, b):
        if not isinstance(x, Tensor):
            raise DTypeError(
                f"{name}(): argument must be Tensor, not {type(x).__name__}",
                places=(Place("here", Location.here()),),
            )
    x, y = a.array, b.array
    if x.data.dtype != y.data.dtype:
        raise DTypeError(
            f"expected both tensors to have the same dtype, but got {x.type} and {y.type} ({name})",
            places=(Place("here", Location.here()), *_made(x, y)),
            hint="cast one of them",
        )
    return x, y


def _made(x: Array, y: Array) -> tuple[Place, Place]:
    return (
        Place(f"operand 1 is {x.type}, made here", x.location),
        Place(f"operand 2 is {y.type}, made here", y.location),
    )


def _ranks(x: Array, y: Array, a: int, b: int, name: str) -> None:
    if x.data.ndim != a or y.data.ndim != b:
        raise ShapeError(
            f"{name}() takes tensors of {a} and {b} dimensions, got {show_shape(x.data.shape)} and "
            f"{show_shape(y.data.shape)}",
            places=(Place("here", Location.here()), *_made(x, y)),
        )


@export("matmul", out=True)
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; a vector is a row on the left, a column on the right; further dimensions are stacks."""
    x, y = _pair(input, other, "matmul")
    if x.data.ndim >= 2 and y.data.ndim >= 2:
        return wrap(ops.matmul(x, y))  # type: ignore[arg-type]
    return wrap(library.vector_matmul(x, y))  # type: ignore[arg-type]


@export("mm", out=True)
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    x, y = _pair(input, mat2, "mm")
    _ranks(x, y, 2, 2, "mm")
    return wrap(ops.matmul(x, y))  # type: ignore[arg-type]


@export("bmm", out=True)
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    x, y = _pair(input, mat2, "bmm")
    _ranks(x, y, 3, 3, "bmm")
    return wrap(ops.matmul(x, y))  # type: ignore[arg-type]


@export("mv")
def mv(input: Tensor, vec: Tensor) -> Tensor:
    x, y = _pair(input, vec, "mv")
    _ranks(x, y, 2, 1, "mv")
    return wrap(library.vector_matmul(x, y))  # type: ignore[arg-type]


@export("dot", "vdot", "inner")
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The inner product of two vectors."""
    x, y = _pair(input, tensor, "dot")
    return wrap(library.dot(x, y))  # type: ignore[arg-type]


@export("outer", "ger")
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of elements of two vectors."""
    x, y = _pair(input, vec2, "outer")
    _ranks(x, y, 1, 1, "outer")
    return wrap(library.outer(x, y))  # type: ignore[arg-type]


def _adding(name: str, product: Any) -> None:
    def apply(input: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        found = product(a, b)
        scaled = found if alpha == 1 else found * alpha
        return scaled + (input if beta == 1 else input * beta)  # type: ignore[no-any-return]

    apply.__name__ = name
    export(name, inplace=True, out=True)(apply)


_adding("addmm", mm)
_adding("addmv", mv)
_adding("addr", outer)
_adding("baddbmm", bmm)
_adding("addbmm", lambda a, b: bmm(a, b).sum(0))


@export("tensordot", method=False)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Products summed over the last ``dims`` axes of a and the first of b, or over pairs of axes."""
    x, y = _pair(a, b, "tensordot")
    if isinstance(dims, int):
        axes: Any = (tuple(range(x.data.ndim - dims, x.data.ndim)), tuple(range(dims)))
    else:
        axes = tuple([tuple(d) if isinstance(d, Sequence) else (d,) for d in dims])
    return wrap(library.tensordot(x, y, axes))  # type: ignore[arg-type]


@export("einsum", method=False)
def einsum(equation: str, *operands: Any) -> Tensor:
    """A sum of products in Einstein's notation."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else operands  # fmt: skip
    return wrap(library.einsum(equation, *[t.array for t in given]))  # type: ignore[arg-type]


@export("chain_matmul", method=False)
def chain_matmul(*matrices: Tensor) -> Tensor:
    found = matrices[0]
    for m in matrices[1:]:
        found = mm(found, m)
    return found


@export("kron")
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product of two matrices."""
    (a, b), (c, d) = input.array.data.shape, other.array.data.shape
    return (input.reshape(a, 1, b, 1) * other.reshape(1, c, 1, d)).reshape(a * c, b * d)  # type: ignore[no-any-return]


@export("cross")
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector product along a dimension of extent 3 (None: the first)."""
    shape = input.array.data.shape
    at = shape.index(3) if dim is None else axis_of(input, dim)
    a, b = input.unbind(at), other.unbind(at)
    from .combining import stack

    return stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)], at)


@export("cdist", method=False)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0) -> Tensor:
    """Distances between the rows of two matrices (of two stacks of them)."""
    apart = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    return apart.norm(p, -1)  # type: ignore[no-any-return]


@export("cosine_similarity", method=False)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    a, b = _pair(x1, x2, "cosine_similarity")
    return wrap(library.cosine_similarity(a, b, axis_of(x1, dim), eps))  # type: ignore[arg-type]


def attach() -> None:
    """Give `Tensor` the ``@`` operator."""

    def right(self: Tensor, other: Any) -> Tensor:
        from .creation import as_tensor

        return matmul(as_tensor(other), self)

    give(__matmul__=matmul, __rmatmul__=right)
