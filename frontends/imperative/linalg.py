"""``torch.linalg``: norms, and decompositions by NumPy; `inv`, `det`, `slogdet` and `solve` have gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np

from .api import export
from .function import Function
from .ordering import named
from .outside import outside
from .products import cross as cross
from .products import matmul as matmul
from .reductions import norm as _norm
from .tensor import Tensor
from .unary import clamp

Dim = int | Sequence[int] | None


def vector_norm(x: Tensor, ord: float = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The norm of order ``ord`` of all elements, or along dimensions."""
    return _norm(x, float(ord), dim, keepdim)


def matrix_norm(
    A: Tensor, ord: float | str = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False
) -> Tensor:
    """The norm of matrices: ``"fro"``, ``"nuc"``, 1, -1, 2, -2, infinity or its negative."""
    if ord == "fro":
        return _norm(A, 2.0, dim, keepdim)
    if ord in ("nuc", 2, -2):
        singular = outside("svd", lambda x: np.linalg.svd(x, compute_uv=False), A)
        name = {"nuc": "sum", 2: "amax", -2: "amin"}[ord]
        return getattr(singular, name)(-1)  # type: ignore[no-any-return]
    summed, other = (dim[1], dim[0]) if ord in (inf, -inf) else (dim[0], dim[1])
    rows = A.abs().sum(summed, True)
    found = rows.amax(other, True) if float(ord) > 0 else rows.amin(other, True)
    return found if keepdim else found.squeeze(tuple(dim))  # type: ignore[no-any-return]


def norm(A: Tensor, ord: float | str | None = None, dim: Dim = None, keepdim: bool = False) -> Tensor:  # fmt: skip
    """The vector norm, or with two dimensions or an order of matrices the matrix norm."""
    if ord is None or (dim is None and A.dim() == 1) or isinstance(dim, int):
        return vector_norm(A, 2 if ord is None else float(ord), dim, keepdim)
    return matrix_norm(A, ord, tuple(dim) if isinstance(dim, (tuple, list)) else (-2, -1), keepdim)


def _transposed(x: Tensor) -> Tensor:
    return x.transpose(-2, -1)  # type: ignore[no-any-return]


class _Inverse(Function):
    @staticmethod
    def forward(ctx: Any, A: Tensor) -> Tensor:
        y: Tensor = outside("inv", np.linalg.inv, A)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return -matmul(matmul(_transposed(y), g), _transposed(y))


@export("inverse")
def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices.

    Raises:
        numpy.linalg.LinAlgError: a matrix is singular.
    """
    return _Inverse.apply(A)  # type: ignore[no-any-return]


class _LogDeterminant(Function):
    @staticmethod
    def forward(ctx: Any, A: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(A)
        sign, log = outside("slogdet", lambda x: tuple(np.linalg.slogdet(x)), A)
        ctx.mark_non_differentiable(sign)
        return sign, log

    @staticmethod
    def backward(ctx: Any, _: Tensor, g: Tensor) -> Tensor:
        (A,) = ctx.saved_tensors
        return g.unsqueeze(-1).unsqueeze(-1) * _transposed(inv(A))  # type: ignore[no-any-return]


@export("slogdet")
def slogdet(A: Tensor) -> Any:
    """The sign of the determinant and the logarithm of its magnitude."""
    return named("linalg_slogdet", "sign", "logabsdet")(*_LogDeterminant.apply(A))


@export("logdet")
def logdet(A: Tensor) -> Tensor:
    return slogdet(A).logabsdet  # type: ignore[no-any-return]


@export("det")
def det(A: Tensor) -> Tensor:
    """The determinant of square matrices."""
    sign, log = slogdet(A)
    return sign * log.exp()  # type: ignore[no-any-return]


def solve(A: Tensor, B: Tensor) -> Tensor:
    """The ``X`` of ``A X = B``."""
    if B.dim() == A.dim() - 1:
        return matmul(inv(A), B.unsqueeze(-1)).squeeze(-1)  # type: ignore[no-any-return]
    return matmul(inv(A), B)


@export("matrix_power")
def matrix_power(A: Tensor, n: int) -> Tensor:
    """A matrix times itself ``n`` times, by repeated squaring."""
    if n < 0:
        return matrix_power(inv(A), -n)
    result: Tensor | None = None
    while n:
        if n % 2:
            result = A if result is None else matmul(result, A)
        A, n = matmul(A, A), n // 2
    if result is None:
        return A.new_tensor(np.eye(A.shape[-1])).expand(A.shape)  # type: ignore[no-any-return]
    return result


def _decomposition(name: str, function: Callable[..., Any], *fields: str) -> Callable[..., Any]:
    def apply(A: Tensor, *args: Any, **kwargs: Any) -> Any:
        found = outside(name, lambda x: tuple(function(x, *args, **kwargs)), A)
        return named(f"linalg_{name}", *fields)(*found)

    apply.__name__ = name
    apply.__doc__ = f"`numpy.linalg.{name}`; no gradient flows through it."
    return apply


svd = _decomposition("svd", np.linalg.svd, "U", "S", "Vh")
qr = _decomposition("qr", np.linalg.qr, "Q", "R")
eigh = _decomposition("eigh", np.linalg.eigh, "eigenvalues", "eigenvectors")
export("qr")(qr)


@export("cholesky")
def cholesky(A: Tensor) -> Tensor:
    return outside("cholesky", np.linalg.cholesky, A)  # type: ignore[no-any-return]


def eigvalsh(A: Tensor) -> Tensor:
    return outside("eigvalsh", np.linalg.eigvalsh, A)  # type: ignore[no-any-return]


def svdvals(A: Tensor) -> Tensor:
    return outside("svdvals", lambda x: np.linalg.svd(x, compute_uv=False), A)  # type: ignore[no-any-return]


@export("pinverse")
def pinv(A: Tensor) -> Tensor:
    return outside("pinv", np.linalg.pinv, A)  # type: ignore[no-any-return]


def matrix_rank(A: Tensor) -> Tensor:
    return outside("matrix_rank", np.linalg.matrix_rank, A)  # type: ignore[no-any-return]


def lstsq(A: Tensor, B: Tensor) -> Any:
    """The least-squares solution of ``A X = B``."""
    found = outside("lstsq", lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], A, B)
    return named("linalg_lstsq", "solution")(found)


@export("renorm")
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Slices along a dimension scaled down to norms of at most ``maxnorm``."""
    others = [d for d in range(input.dim()) if d != dim % input.dim()]
    sizes = _norm(input, p, others, True)
    return input * clamp(maxnorm / (sizes + 1e-7), max=1.0)
