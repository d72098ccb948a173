"""A graph's native code, and the functions of arrays that run it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ...compiler.fusion import ClusterKind
from ...compiler.ir import Dim, Graph, product, substitute, symbols_of
from ...compiler.ops import MATMUL
from ..executable import Arrays
from .arena import layout_of
from .description import Description, Parameter, Result
from .engine import Loaded, load, remember
from .entry import make_entry
from .fallbacks import callback
from .machine import machine
from .products import Product, Tiling
from .schedule import schedule
from .signature import signature
from .steps import Schedule
from .target import LEAST, NAME, PRODUCTS, Target
from .threads import parallel_address, threads_address

if TYPE_CHECKING:
    from .clock import Clock
    from .routing import Routes

LONG = 1 << 20
"""Bytes touched by a run from which on other Python threads may run meanwhile."""


class Program:
    """A graph's native code in one of its two forms: with fresh results, or with states replaced in place.

    Args:
        wish: who is to multiply matrices; by default what the environment says.
    """

    def __init__(
        self, graph: Graph, donate: bool, clocked: bool = False, wish: str | None = None
    ) -> None:
        self.graph = graph
        self._wish = wish
        self.schedule = schedule(graph, donate)
        for piece in self.schedule.pieces:
            self.schedule.sizes.offset(piece)
        self.symbols = symbols_of(d for v in graph.parameters for d in v.shape)
        self.clock: Clock | None = None
        if clocked:
            from .clock import Clock

            self.clock = Clock(self.schedule)

    @cached_property
    def routes(self) -> Routes:
        """Who multiplies each matrix product."""
        from .routing import routes_of

        return routes_of(self.schedule, self._wish)

    @cached_property
    def target(self) -> Target:
        if not (self._wish or os.environ.get(PRODUCTS) or _has_large_products(self.schedule)):
            return target()
        from .routing import by_blas

        return target(by_blas(self.routes))

    @cached_property
    def text(self) -> str:
        """The LLVM IR."""
        from .function import write

        return write(self.schedule, self.target, self.clock)

    @cached_property
    def code(self) -> Loaded:
        key = f"graph {signature(self.graph)} {self.target} {self.schedule.updates} {self.clock is not None}"
        if self.symbols:
            # Code finds sizes in a table that was filled while it was written.
            self.schedule.sizes.restore(remember(self._sizes, f"sizes {key}"))
        return load(lambda: self.text, key)

    def _sizes(self) -> str:
        len(self.text)  # it is filled while that is written
        return self.schedule.sizes.to_text()

    def bind(
        self, sizes: Mapping[str, int], miss: Callable[..., Arrays], fail: Callable[..., Arrays]
    ) -> Callable[..., Arrays]:
        """The function of arrays for given sizes."""
        made, code = self.schedule, self.code

        def known(dim: Dim) -> int:
            found = substitute(dim, sizes)
            assert isinstance(found, int)
            return found

        layout = layout_of(made, sizes)
        table = [0] * made.sizes.count
        for dim, at in made.sizes.dims.items():
            table[at] = known(dim)
        for piece, at in made.sizes.offsets.items():
            if piece.index >= 0:
                table[at] = layout.offsets[piece.index]
        back = callback(made.fallbacks, sizes) if made.fallbacks else None
        graph = self.graph
        written = {u for u in made.updates if u is not None}
        parameters = tuple(
            Parameter(v.dtype.numpy, tuple(map(known, v.shape)), i in written)
            for i, v in enumerate(graph.parameters)
        )
        results = tuple(
            Result(
                v.dtype.numpy, tuple(map(known, v.shape)), origin if origin is not None else same
            )
            for v, origin, same in zip(graph.results, made.updates, made.same, strict=True)
        )
        touched = layout.size + sum(
            known(v.type.size) * 4 for v in (*graph.parameters, *graph.results)
        )
        return make_entry(
            Description(
                kernel=code.address(NAME),
                parameters=parameters,
                results=results,
                miss=miss,
                fail=fail,
                arena_bytes=layout.size,
                constants=tuple(made.constants),
                sizes=tuple(table),
                runtime=(
                    parallel_address(),
                    _address(back),
                    threads_address(),
                    self.clock.address if self.clock is not None else 0,
                    _blas_table() if self.target.blas else 0,
                ),
                release=touched > LONG and not made.fallbacks,
                kept=(code, back, self.clock),
            )
        )


def target(blas: tuple[tuple[Product, int], ...] = ()) -> Target:
    here = machine()
    tiling = Tiling(here.vector_bytes, here.vector_registers, here.l1_bytes, here.l2_bytes)
    return Target(here.vector_bytes, here.avx512, tiling, blas)


def _has_large_products(schedule: Schedule) -> bool:
    """Whether it is a question at all who multiplies; answered with nothing but sizes."""
    for kernel in schedule.kernels():
        cluster = kernel.cluster
        if cluster.kind is ClusterKind.PRODUCT:
            node = next(iter(cluster.members.values())).node
            if node.op is MATMUL:
                depth = node.inputs[0].shape[-2 if node.attrs["transpose_a"] else -1]
                operations = 2 * product(cluster.domain[-2:]) * depth
                if isinstance(operations, int) and operations >= LEAST:
                    return True
    return False


def _blas_table() -> int:
    from .products.library import table_address

    return table_address()


def _address(back: object) -> int:
    import ctypes

    if back is None:
        return 0
    return ctypes.cast(back, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
