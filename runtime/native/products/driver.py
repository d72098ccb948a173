"""The function of a product: loops over blocks of k, blocks of rows, panels of columns and tiles.

The order is that of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): a panel of B
stays in the first cache while the tiles of a block of A, which stays in the second, pass by.
"""

from __future__ import annotations

from ..emit import I64, PTR, Builder, Module, Operand, number
from .dots import emit_dots
from .epilogue import emit_epilogue
from .form import Form, form_of
from .kernel import Kernel, emit_kernel
from .packing import emit_pack, slack
from .product import Epilogue, Product, Tiling

__all__ = ["PARAMETERS", "emit_driver", "emit_product"]

PARAMETERS = (
    ("a", PTR), ("lda", I64), ("b", PTR), ("ldb", I64), ("c", PTR), ("ldc", I64), ("m", I64), ("n", I64), ("k", I64),
    ("row0", I64), ("row1", I64), ("col0", I64), ("col1", I64), ("scratch", PTR), ("context", PTR),
)  # fmt: skip
"""Parameters of a product's function. Sizes that the product knows are not read."""


def emit_product(
    module: Module,
    name: str,
    product: Product,
    tiling: Tiling,
    epilogue: Epilogue | None = None,
    accumulate: bool = False,
) -> None:
    """Write the function ``name`` (`PARAMETERS`): C[row0:row1, col0:col1] = A B, or += with ``accumulate``.

    Ranges begin and end at multiples of `row_step` and `column_step`, or at the end of the matrix. C overlaps neither
    A nor B. ``scratch`` is aligned to 64 bytes and of `scratch_bytes` bytes, for each thread its own.
    """
    driver, follows = emit_driver(module, name, product, tiling, epilogue, accumulate)
    builder = Builder(module, name, PARAMETERS)
    known = {"m": product.m, "n": product.n, "k": product.k}
    arguments = []
    for (parameter, _), given in zip(PARAMETERS, builder.parameters, strict=True):
        size = known.get(parameter)
        arguments.append(given if size is None else number(I64, size))
    builder.line(f"call void @{driver}({', '.join(map(str, (*arguments, follows)))})")
    builder.finish()


def emit_driver(
    module: Module,
    name: str,
    product: Product,
    tiling: Tiling,
    epilogue: Epilogue | None = None,
    accumulate: bool = False,
) -> tuple[str, Operand]:
    """Write what `emit_product` calls: a function for all products of a module that are cut alike, and the epilogue.

    Returns:
        The function's name, and the address of the epilogue. That is the function's last parameter, behind
        `PARAMETERS`, of which it reads all sizes.
    """
    address = Operand(PTR, "null")
    if epilogue is not None:
        address = Operand(PTR, f"@{name}.epilogue")
        lanes = tiling.lanes(product.type)
        emit_epilogue(module, f"{name}.epilogue", product, lanes, epilogue)
    form = form_of(product, tiling, epilogue is not None, accumulate)
    known = module.made.setdefault("products", {})
    assert isinstance(known, dict)
    if form not in known:
        known[form] = f"product.{len(known) + 1}"
        _Writer(module, known[form], form).write()
    return known[form], address


class _Writer:
    def __init__(self, module: Module, name: str, form: Form) -> None:
        self.module, self.form = module, form
        self.blocks, self.tiles, self.type = form.blocks, form.blocks.tiles, form.type
        names = (*PARAMETERS, ("epilogue", PTR))
        self.builder = Builder(module, name, names, linkage="internal")
        (
            self.a, self.lda, self.b, self.ldb, self.c, self.ldc, self.m, _, self.k,
            self.row0, self.row1, self.col0, self.col1, self.scratch, self.context, self.epilogue,
        ) = self.builder.parameters  # fmt: skip
        self.rows = self.builder.sub(self.row1, self.row0)
        self.accumulate = number(I64, int(form.accumulate))
        self.writes = form.whole and not form.accumulate

    def write(self) -> None:
        b, form = self.builder, self.form
        end = b.fresh_label("end")
        if self.blocks.dots is not False:
            if self.blocks.dots:
                self._dot_rows()
            else:
                # By the rows of the whole product: however threads share them, the bits are the same.
                few = b.compare("sle", self.m, number(I64, self.blocks.dot_rows))
                self._either(few, self._dot_rows, end)
        elif form.one_column and not form.transpose_a:
            contiguous = self._unit(self.ldc)
            if not form.transpose_b:
                contiguous = b.binary("and", contiguous, self._unit(self.ldb))
            self._either(contiguous, self._dot_column, end)
        elif form.one_column and not form.one_row:
            self._either(self._unit(self.ldc), self._column, end)
        if not self.blocks.dots:
            self._general()
        b.jump(end)
        b.label(end)
        b.finish()

    # Degenerate shapes.

    def _unit(self, ld: Operand) -> Operand:
        return self.builder.compare("eq", ld, number(I64, 1))

    def _either(self, condition: Operand, special: object, end: str) -> None:
        """Run ``special`` and be done where the condition holds."""
        assert callable(special)
        then, otherwise = self.builder.fresh_label("special"), self.builder.fresh_label("general")
        self.builder.branch(condition, then, otherwise)
        self.builder.label(then)
        special()
        self.builder.jump(end)
        self.builder.label(otherwise)

    def _dot_rows(self) -> None:
        """Few rows, B transposed: each element of C is a dot product of two rows."""
        b = self.builder
        dots = emit_dots(self.module, self.type, self.tiles.lanes)
        first = self._at(self.b, self.col0, self.ldb)
        columns = b.sub(self.col1, self.col0)
        with b.calls(self.row0, self.row1, 1) as rows:
            row = self._at(self.a, rows.index, self.lda)
            c = self._in_c(rows.index, self.col0)
            self._call(dots, row, first, self.ldb, c, columns, self.k, self.accumulate)
        self._finish(self._in_c(self.row0, self.col0), self.row0, self.col0, self.rows, columns)

    def _dot_column(self) -> None:
        """A matrix times a column: dot products with the rows of A."""
        b = self.builder
        dots = emit_dots(self.module, self.type, self.tiles.lanes)
        with b.when(b.compare("slt", self.col0, self.col1)):
            first = self._at(self.a, self.row0, self.lda)
            c = b.offset(self.c, self.row0, self.type)
            self._call(dots, self.b, first, self.lda, c, self.rows, self.k, self.accumulate)
            first = self._in_c(self.row0, self.col0)
            self._finish(first, self.row0, self.col0, self.rows, number(I64, 1))

    def _column(self) -> None:
        """A transposed matrix times a column: as a row times a matrix."""
        b, lanes = self.builder, self.tiles.lanes
        step = number(I64, 1) if self.form.transpose_b else self.ldb
        with b.when(b.compare("slt", self.col0, self.col1)):
            wide = 4 * lanes
            stop = b.sub(self.row1, number(I64, wide - 1))
            with b.calls(self.row0, stop, wide) as loop:
                self._column_part(4, False, step, loop.index, number(I64, lanes))
            at = b.load(loop.at, I64, 8)
            with b.calls(at, self.row1, lanes) as loop:
                left = b.sub(self.row1, loop.index)
                self._column_part(1, True, step, loop.index, left)
            first = self._in_c(self.row0, self.col0)
            self._finish(first, self.row0, self.col0, self.rows, number(I64, 1))

    def _column_part(
        self, vectors: int, masked: bool, step: Operand, row: Operand, count: Operand
    ) -> None:
        b = self.builder
        kernel = emit_kernel(
            self.module,
            Kernel(self.type, 1, vectors, self.tiles.lanes, True, masked, not self.form.accumulate),
        )
        a, c = b.offset(self.a, row, self.type), b.offset(self.c, row, self.type)
        self._call(
            kernel, self.b, step, a, self.lda, c, number(I64, 0), self.k, self.accumulate, count
        )

    # The general shape.

    def _general(self) -> None:
        b, made, tiles = self.builder, self.blocks, self.tiles
        self.scratch_b = self.scratch
        if made.pack_a:
            rounded = self._round_up(self.rows, tiles.rows)
            rounded = b.intrinsic("smin", I64, rounded, number(I64, tiles.row_block))
            elements = b.add(
                b.mul(rounded, number(I64, made.k_block)),
                number(I64, slack(tiles.lanes, tiles.rows)),
            )
            self.scratch_b = b.offset(self.scratch, self._round_up(elements, made.align), self.type)
        self.several = b.compare("sgt", self.rows, number(I64, tiles.row_block))
        self.panel_step = b.select(self.several, number(I64, made.panel), number(I64, 0))
        self.pack_b: bool | Operand = made.pack_b is not False
        if made.pack_b is None:
            self.pack_b = b.compare("sge", self.rows, number(I64, made.pack_b_rows))
        if self.form.whole:
            self._k_block(number(I64, 0), self.k, self.accumulate, None)
            return
        block = number(I64, made.k_block)
        # A product over nothing still writes its zeros.
        stop = b.intrinsic("smax", I64, self.k, number(I64, 1))
        with b.calls(number(I64, 0), stop, made.k_block, once=True) as loop:
            left = b.sub(self.k, loop.index)
            first = b.compare("eq", loop.index, number(I64, 0))
            adds = b.select(first, self.accumulate, number(I64, 1))
            self._k_block(
                loop.index,
                b.intrinsic("smin", I64, left, block),
                adds,
                b.compare("sle", left, block),
            )

    def _k_block(self, k0: Operand, steps: Operand, adds: Operand, last: Operand | None) -> None:
        b, made, tiles = self.builder, self.blocks, self.tiles
        with b.calls(self.row0, self.row1, tiles.row_block) as loop:
            end = b.intrinsic(
                "smin", I64, b.add(loop.index, number(I64, tiles.row_block)), self.row1
            )
            if made.pack_a:
                self._pack_rows(loop.index, end, k0, steps)
            first = b.compare("eq", loop.index, self.row0)
            block = _Block(loop.index, end, first, k0, steps, adds, last)
            width = tiles.width
            stop = b.sub(self.col1, number(I64, width - 1))
            at = self.col0
            if tiles.full_columns:
                with b.calls(self.col0, stop, width) as columns:
                    self._panel(block, columns.index, tiles.vectors, False, number(I64, width))
                at = b.load(columns.at, I64, 8) if tiles.column_tails else at
            left = b.sub(self.col1, at)
            for vectors, masked in tiles.column_tails:
                condition = b.compare("sgt", left, number(I64, (vectors - 1) * tiles.lanes))
                if len(tiles.column_tails) > 1:
                    fits = b.compare("sle", left, number(I64, vectors * tiles.lanes))
                    condition = b.binary("and", condition, fits)
                with b.when(condition):
                    self._panel(block, at, vectors, masked, left)

    def _pack_rows(self, start: Operand, end: Operand, k0: Operand, steps: Operand) -> None:
        """Pack the rows of a block of A, a panel for each tile."""
        b, rows = self.builder, self.tiles.rows
        pack = emit_pack(self.module, self.type, self.tiles.lanes, rows, not self.form.transpose_a)
        with b.calls(start, end, rows) as loop:
            to = self._at(self.scratch, b.sub(loop.index, start), steps)
            source = self._in_a(loop.index, k0)
            self._call(pack, source, self.lda, to, b.sub(end, loop.index), steps)

    def _panel(
        self, block: _Block, column: Operand, vectors: int, masked: bool, columns: Operand
    ) -> None:
        """All tiles of a block that lie in some columns."""
        b, tiles = self.builder, self.tiles
        if self.form.transpose_b:
            source = b.offset(self._at(self.b, column, self.ldb), block.k0, self.type)
        else:
            source = b.offset(self._at(self.b, block.k0, self.ldb), column, self.type)
        block.b, block.ldb = source, self.ldb
        if self.pack_b is not False:
            pack = emit_pack(
                self.module, self.type, tiles.lanes, tiles.width, self.form.transpose_b
            )
            number_of_panel = b.value(
                I64, f"udiv exact i64 {b.sub(column, self.col0).text}, {tiles.width}"
            )
            panel = b.offset(self.scratch_b, b.mul(number_of_panel, self.panel_step), self.type)
            packs = block.first
            if isinstance(self.pack_b, Operand):
                packs = b.binary("and", packs, self.pack_b)
                block.b = b.select(self.pack_b, panel, source)
                block.ldb = b.select(self.pack_b, number(I64, tiles.width), self.ldb)
            else:
                block.b, block.ldb = panel, number(I64, tiles.width)
            # With several blocks of rows every panel stays; with one, each is packed when it is needed.
            with b.when(packs):
                self._call(pack, source, self.ldb, panel, columns, block.steps)
        count = b.sub(columns, number(I64, (vectors - 1) * tiles.lanes))
        at = block.start
        if tiles.full_rows:
            stop = b.sub(block.end, number(I64, tiles.rows - 1))
            with b.calls(block.start, stop, tiles.rows) as loop:
                self._tile(
                    block,
                    tiles.rows,
                    vectors,
                    masked,
                    loop.index,
                    loop.index,
                    column,
                    columns,
                    count,
                )
            at = b.load(loop.at, I64, 8) if tiles.row_tails else at
        tail = at
        for rows in tiles.row_tails:
            stop = b.sub(block.end, number(I64, rows - 1))
            with b.calls(at, stop, rows) as loop:
                self._tile(block, rows, vectors, masked, tail, loop.index, column, columns, count)
            if rows != tiles.row_tails[-1]:
                at = b.load(loop.at, I64, 8)

    def _tile(
        self, block: _Block, rows: int, vectors: int, masked: bool, panel_row: Operand, row: Operand,
        column: Operand, columns: Operand, count: Operand,
    ) -> None:  # fmt: skip
        """One register tile; ``panel_row`` is the first row of the packed panel of A that holds ``row``."""
        b = self.builder
        by_columns = self.blocks.pack_a or self.form.transpose_a
        kernel = emit_kernel(
            self.module,
            Kernel(self.type, rows, vectors, self.tiles.lanes, by_columns, masked, self.writes),
        )
        if self.blocks.pack_a:
            a = self._at(self.scratch, b.sub(panel_row, block.start), block.steps)
            if row is not panel_row:
                a = b.offset(a, b.sub(row, panel_row), self.type)
            lda = number(I64, self.tiles.rows)
        else:
            a, lda = self._in_a(row, block.k0), self.lda
        c = self._in_c(row, column)
        self._call(kernel, a, lda, block.b, block.ldb, c, self.ldc, block.steps, block.adds, count)
        if block.last is None:
            self._finish(c, row, column, number(I64, rows), columns)
        elif self.form.follows:
            with b.when(block.last):
                self._finish(c, row, column, number(I64, rows), columns)

    def _finish(
        self, c: Operand, row: Operand, column: Operand, rows: Operand, columns: Operand
    ) -> None:
        """The epilogue of finished elements, which begin at ``c``."""
        if self.form.follows:
            operands = (c, self.ldc, row, column, rows, columns, self.context)
            listed = ", ".join(map(str, operands))
            self.builder.line(f"call void {self.epilogue.text}({listed})")

    # Small things.

    def _call(self, name: str, *operands: Operand) -> None:
        self.builder.line(f"call void @{name}({', '.join(map(str, operands))})")

    def _at(self, pointer: Operand, row: Operand, ld: Operand) -> Operand:
        if row.text == "0":
            return pointer
        return self.builder.offset(pointer, self.builder.mul(row, ld), self.type)

    def _in_c(self, row: Operand, column: Operand) -> Operand:
        return self.builder.offset(self._at(self.c, row, self.ldc), column, self.type)

    def _in_a(self, row: Operand, k0: Operand) -> Operand:
        if self.form.transpose_a:
            return self.builder.offset(self._at(self.a, k0, self.lda), row, self.type)
        return self.builder.offset(self._at(self.a, row, self.lda), k0, self.type)

    def _round_up(self, value: Operand, step: int) -> Operand:
        b = self.builder
        whole = b.value(I64, f"udiv i64 {b.add(value, number(I64, step - 1)).text}, {step}")
        return b.mul(whole, number(I64, step))


class _Block:
    """A block of rows and of k that is being multiplied, and the panel of B that it meets."""

    def __init__(
        self, start: Operand, end: Operand, first: Operand, k0: Operand, steps: Operand, adds: Operand,
        last: Operand | None,
    ) -> None:  # fmt: skip
        self.start, self.end, self.first = start, end, first
        self.k0, self.steps, self.adds, self.last = k0, steps, adds, last
        self.b = self.ldb = start
