"""The matrices of a product, as a cluster's operands lie in memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...compiler.fusion import Cluster, View
from ...compiler.ir import Dim
from .elements import memory_type
from .products import Product

LARGEST = (1 << 31) - 1
"""The largest size, and distance between rows, that BLAS takes."""


@dataclass(frozen=True, slots=True)
class Matrices:
    """What is multiplied.

    Attributes:
        a, b: the operands, of which the last two axes are matrices.
        lda, ldb: their leading dimensions.
        depth: the size that is summed over.
    """

    product: Product
    a: View
    b: View
    lda: Dim
    ldb: Dim
    depth: Dim

    @property
    def regular(self) -> bool:
        """Whether sizes are known, and rows lie apart: what BLAS asks for."""
        p = self.product
        if p.m is None or p.n is None or p.k is None or max(p.m, p.n, p.k) > LARGEST:
            return False
        return _apart(self.lda, p.m if p.transpose_a else p.k) and _apart(
            self.ldb, p.k if p.transpose_b else p.n
        )


def matrices(cluster: Cluster) -> Matrices:
    """The matrices of a cluster of kind `PRODUCT` with a ``matmul`` in it."""
    value, member = next(iter(cluster.members.items()))
    a, b = member.operands
    assert isinstance(a, View)
    assert isinstance(b, View)
    flags = member.node.attrs
    depth: Dim = a.shape[-2] if flags["transpose_a"] else a.shape[-1]
    a_flag, lda = _leading(a, bool(flags["transpose_a"]))
    b_flag, ldb = _leading(b, bool(flags["transpose_b"]))
    m, n, k = (d if isinstance(d, int) else None for d in (*cluster.domain[-2:], depth))
    return Matrices(
        Product(memory_type(value.dtype), m, n, k, a_flag, b_flag), a, b, lda, ldb, depth
    )


def _leading(view: View, transposed: bool) -> tuple[bool, Dim]:
    """Whether the matrix counts as transposed in memory, and its leading dimension."""
    rows, columns = view.shape[-2:]
    down, along = view.strides[-2:]
    if along == 1 or columns == 1:
        return transposed, columns if rows == 1 else down
    return not transposed, along


def _apart(leading: Dim, columns: int) -> bool:
    return isinstance(leading, int) and max(columns, 1) <= leading <= LARGEST
