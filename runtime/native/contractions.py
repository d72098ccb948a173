"""Kernels of matrix products, with the elementwise operations that follow in the same pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...compiler.fusion import Cluster, View
from ...compiler.ir import Dim, Value
from .domains import Axis, Where
from .element import Element
from .elements import memory_type
from .emit import F32, I64, PTR, Builder, Module, Operand, number
from .loops import LoopKernel
from .matrices import matrices
from .places import Frame, Place, Sizes
from .products import Epilogue, Tiling, column_step, emit_driver, row_step, scratch_bytes
from .products.blas import emit_alone, emit_blas_product
from .products.library import Table

STACK = 1 << 16
"""Bytes of scratch memory up to which the stack has room."""
MANY = 1 << 30
BLAS_TABLE = 4
"""The word of the runtime table that holds the address of the table of BLAS."""


class ProductKernel(LoopKernel):
    """Writes ``void name(ptr frame, i64 start, i64 stop)``: rows ``start`` to ``stop`` of each product of a batch.

    The product writes its first output; other outputs of the cluster are stored on the way.

    Args:
        blas_rows: rows for which BLAS is called at a time; 0: the product is multiplied by own code.
    """

    def __init__(
        self,
        cluster: Cluster,
        places: Mapping[Value, Place],
        sizes: Sizes,
        parameters: int,
        lanes: int,
        tiling: Tiling,
        blas_rows: int = 0,
    ) -> None:
        super().__init__(cluster, places, sizes, parameters, lanes)
        self.tiling = tiling
        self.axes = [Axis(d, (a,), False) for a, d in enumerate(cluster.domain)]
        *self.batch, self.row, self.column = self.axes
        self.vector = self.column
        self.lanes = lanes
        self.product_value = next(iter(cluster.members))
        of = self.of = matrices(cluster)
        self.depth, self.product = of.depth, of.product
        self.main = self._main()
        self.split = self.row
        self.aligned = False
        self.blas_rows = blas_rows
        self.row_unit = blas_rows or row_step(self.product, tiling)

    def _main(self) -> Value:
        """The output that the product itself writes."""
        own = self.product_value.dtype
        if self.product_value in self.cluster.outputs:
            return self.product_value
        return next((v for v in self.cluster.outputs if v.dtype is own), self.cluster.outputs[0])

    def _scratch(self) -> tuple[Operand, bool]:
        """Memory in which the product packs its operands, and whether it must be freed."""
        b, module = self.b, self.b.module
        if self.blas_rows:
            return Operand(PTR, "null"), False
        rows, columns = self.cluster.domain[-2:]
        if isinstance(rows, int) and isinstance(columns, int) and isinstance(self.depth, int):
            needed = scratch_bytes(self.product, self.tiling, rows, columns)
            if not needed:
                return Operand(PTR, "null"), False
            if needed <= STACK:
                return b.alloca(I64, needed // 8 + 8), False
            size = number(I64, needed)
        else:
            # For any number of rows, and as many panels as the columns make.
            width = column_step(self.product, self.tiling)
            base = scratch_bytes(self.product, self.tiling, MANY, 0)
            panel = scratch_bytes(self.product, self.tiling, MANY, width) - base
            if not base + panel:
                return Operand(PTR, "null"), False
            panels = b.add(
                b.binary("sdiv", self.frame.dim(columns), number(I64, width)), number(I64, 1)
            )
            size = b.add(b.mul(panels, number(I64, panel)), number(I64, base))
        size = b.binary("and", b.add(size, number(I64, 127)), number(I64, -64))
        module.declare("aligned_alloc", "ptr", [I64, I64])
        module.declare("free", "void", [PTR])
        return b.value(PTR, f"call ptr @aligned_alloc(i64 64, {size})"), True

    def write(self, module: Module, name: str) -> None:
        of = self.product, self.tiling, self._epilogue()
        if self.blas_rows:
            self.driver = f"{name}_product"
            emit_blas_product(module, self.driver, *of)
        else:
            self.driver, self.last = emit_driver(module, name, *of)
        b = self.b = Builder(module, name, [("frame", PTR), ("start", I64), ("stop", I64)])
        frame, start, stop = b.parameters
        self.frame = Frame(b, frame, self.sizes, self.parameters)
        context = b.alloca(I64, 1 + len(self.batch))
        b.store(frame, context, 8)
        self.scratch, owned = self._scratch()
        if self.blas_rows:
            begin, end = emit_alone(module)
            table = b.load(b.offset(self.frame.word(0), number(I64, BLAS_TABLE), I64), PTR, 8)
            which = Table.SINGLE if self.product.type is F32 else Table.DOUBLE
            self.last = b.load(b.offset(table, number(I64, which), I64), PTR, 8)
            b.line(f"call void @{begin}({table})")
            self._batches(0, [], context, start, stop)
            b.line(f"call void @{end}({table})")
        else:
            self._batches(0, [], context, start, stop)
        if owned:
            b.line(f"call void @free({self.scratch})")
        b.finish()

    def _batches(
        self,
        depth: int,
        indices: list[Operand],
        context: Operand,
        start: Operand,
        stop: Operand,
    ) -> None:
        b = self.b
        if depth < len(self.batch):
            axis = self.batch[depth]
            if axis.size == 1:
                self._batches(depth + 1, [*indices, number(I64, 0)], context, start, stop)
                return
            with b.loop(number(I64, 0), self.frame.dim(axis.size), 1) as loop:
                b.store(loop.index, b.offset(context, number(I64, 1 + depth), I64), 8)
                self._batches(depth + 1, [*indices, loop.index], context, start, stop)
            return
        dim = self.frame.dim
        rows, columns = self.cluster.domain[-2:]
        a = self._matrix(self.of.a, indices)
        other = self._matrix(self.of.b, indices)
        place = self.places[self.main]
        c = self.frame.address(place)
        step: Dim = rows * columns
        for axis, index in reversed(list(zip(self.batch, indices, strict=True))):
            if axis.size != 1:
                c = b.offset(c, b.mul(index, dim(step)), memory_type(place.dtype))
            step = step * axis.size
        if not self.blas_rows:
            self._call(a, other, c, start, stop, context)
            return
        with b.loop(start, stop, self.blas_rows) as loop:
            end = b.add(loop.index, number(I64, self.blas_rows))
            end = b.intrinsic("smin", I64, end, stop)
            self._call(a, other, c, loop.index, end, context)

    def _call(
        self,
        a: Operand,
        other: Operand,
        c: Operand,
        start: Operand,
        stop: Operand,
        context: Operand,
    ) -> None:
        """Multiply a range of rows."""
        dim = self.frame.dim
        rows, columns = self.cluster.domain[-2:]
        arguments = [
            a, dim(self.of.lda), other, dim(self.of.ldb), c, dim(columns), dim(rows), dim(columns), dim(self.depth),
            start, stop, number(I64, 0), dim(columns), self.scratch,
            context, self.last,
        ]  # fmt: skip
        self.b.line(f"call void @{self.driver}({', '.join(map(str, arguments))})")

    def _matrix(self, view: View, indices: Sequence[Operand]) -> Operand:
        """The address of one matrix of a batch."""
        b, place = self.b, self.places[view.base]
        pointer = self.frame.address(place, view.offset)
        lead = len(indices) - (len(view.shape) - 2)
        for index, stride, size in zip(indices[lead:], view.strides, view.shape, strict=False):
            if size != 1 and stride != 0:
                pointer = b.offset(
                    pointer, b.mul(index, self.frame.dim(stride)), memory_type(place.dtype)
                )
        return pointer

    def _epilogue(self) -> Epilogue | None:
        if self.cluster.outputs == [self.product_value]:
            return None
        state: dict[int, tuple[Frame, list[Operand]]] = {}

        def epilogue(
            b: Builder,
            value: Operand,
            row: Operand,
            column: Operand,
            mask: Operand | None,
            context: Operand,
        ) -> Operand:
            self.b = b
            if id(b) not in state:
                frame = b.at_entry(PTR, f"load ptr, {context}, align 8")
                indices = []
                for i in range(len(self.batch)):
                    at = b.at_entry(PTR, f"getelementptr inbounds i64, {context}, i64 {1 + i}")
                    indices.append(b.at_entry(I64, f"load i64, {at}, align 8"))
                state[id(b)] = Frame(b, frame, self.sizes, self.parameters), indices
            self.frame, indices = state[id(b)]
            index = {a: i for a, i in zip(self.batch, indices, strict=True) if a.size != 1}
            where = Where({**index, self.row: row, self.column: column}, mask)
            lanes = value.type.lanes
            at_element = Element(self, where, {}, {self.product_value: value}, lanes)
            for member in self.members:
                if member is not self.product_value:
                    at_element.found[member] = at_element.compute(member)
            for member in self.stores:
                if member is not self.main:
                    self.store(member, at_element.found[member], where, lanes)
            return at_element.found[self.main]

        return epilogue
