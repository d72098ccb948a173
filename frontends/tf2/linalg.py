"""``tf.linalg``: matrices."""

from __future__ import annotations

from typing import Any, NoReturn

from ..names import missing_name
from ..static import array_ops, linear
from .arrays import diag, eye
from .evaluation import eager
from .mathematics import einsum, global_norm, matmul, matrix_transpose, norm, tensordot, trace
from .nn import l2_normalize

__all__ = [
    "diag", "einsum", "eye", "global_norm", "l2_normalize", "matmul", "matrix_transpose", "matvec", "norm", "tensordot",
    "trace",
]  # fmt: skip


@eager
def matvec(
    a: object, b: object, transpose_a: bool = False, adjoint_a: bool = False,
    a_is_sparse: bool = False, b_is_sparse: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """The product of ``[..., n, k]`` and ``[..., k]``."""
    product = linear.matmul(a, array_ops.expand_dims(b, -1), transpose_a or adjoint_a, name=name)
    return array_ops.squeeze(product, -1)


def __getattr__(name: str) -> NoReturn:
    raise missing_name("tf.linalg", name, __all__)
