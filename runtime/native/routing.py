"""Who multiplies each matrix product of a schedule, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.fusion import ClusterKind
from ...compiler.ops import MATMUL
from .emit import F32, F64
from .machine import machine
from .matrices import Matrices, matrices
from .products import Product
from .products.choice import BLAS, Chosen, Rounds, asked, choose_routine, sizes_of
from .steps import Schedule
from .threads import get_num_threads

ROWS = 256
"""Rows of a call of BLAS, at least: each packs the whole of B anew, which must be little beside what it multiplies."""
UNIT = 16
"""Rows of a call are a multiple of this."""

_NAMES = {F32: "float32", F64: "float64"}

Routes = Mapping[tuple[Product, bool], Chosen]
"""By the product, and whether its matrices lie as BLAS needs them."""


def routes_of(schedule: Schedule, wish: str | None = None) -> Routes:
    """The choice for each product of a schedule, in the order in which they are met.

    Args:
        wish: as for `choose_routine`; by default what the environment says.
    """
    found: dict[tuple[Product, bool], Chosen] = {}
    for kernel in schedule.kernels():
        cluster = kernel.cluster
        if cluster.kind is not ClusterKind.PRODUCT:
            continue
        if next(iter(cluster.members.values())).node.op is not MATMUL:
            continue
        of = matrices(cluster)
        if (of.product, of.regular) not in found:
            found[of.product, of.regular] = _chosen(of, wish or asked())
    return found


def by_blas(routes: Routes) -> tuple[tuple[Product, int], ...]:
    """The products that BLAS does, with the rows of a call, as `Target` takes them."""
    return tuple(
        (product, rows_of_a_call(product.m, machine().cores))
        for (product, _), chosen in routes.items()
        if chosen.routine == BLAS and product.m is not None
    )


def rows_of_a_call(rows: int, cores: int) -> int:
    """For how many rows BLAS is called at a time.

    The bits of a row may depend on the call that it is in, so calls depend on sizes and the machine alone, and not on
    how many threads share them.
    """
    calls = max(1, min(rows // ROWS, cores))
    return max(UNIT, -(-rows // (calls * UNIT)) * UNIT)


def told(routes: Routes) -> list[str]:
    """A line for each product."""
    return [
        f"  product of {sizes_of(product)} ({_NAMES[product.type]}): {chosen}"
        for (product, _), chosen in routes.items()
    ]


def _chosen(of: Matrices, wish: str) -> Chosen:
    def measure(product: Product, key: str) -> Rounds | None:
        from .trial import measured

        return measured(product, key)

    return choose_routine(of.product, of.regular, wish, get_num_threads(), measure)
