"""Micro-kernels: one register tile of C, accumulated over a block of k.

A kernel is a function of its own, shared by all products of a module that need the same tile. It keeps
``rows x vectors`` accumulators in registers; in each step of k it loads ``vectors`` vectors of a row of B and adds
their products with ``rows`` broadcast elements of A. A lies in rows (elements of one step a leading dimension apart)
or in columns (side by side: A stored transposed, or packed).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..emit import I1, I8, I32, I64, PTR, Builder, Module, Operand, Type, number

__all__ = ["Kernel", "emit_kernel", "lane_mask"]


@dataclass(frozen=True)
class Kernel:
    """The kind of a register tile.

    Attributes:
        masked: only the first ``count`` lanes of the last vector exist.
        writes: it never adds to what C holds.
    """

    type: Type
    rows: int
    vectors: int
    lanes: int
    columns_of_a: bool
    masked: bool
    writes: bool = False

    @property
    def name(self) -> str:
        kind = "t" if self.columns_of_a else "n"
        kind += "m" * self.masked + "w" * self.writes
        return f"tile.{self.type}.{self.rows}x{self.vectors}x{self.lanes}{kind}"


def lane_mask(builder: Builder, lanes: int, count: Operand, first: int = 0) -> Operand:
    """i1 for each lane: ``first + lane < count`` (i64)."""
    iota = ", ".join(f"i32 {first + i}" for i in range(lanes))
    narrow = builder.convert("trunc", count, I32)
    numbers = Operand(I32.vector(lanes), f"<{iota}>")
    return builder.value(
        I1.vector(lanes), f"icmp slt {numbers}, {builder.splat(narrow, lanes).text}"
    )


def emit_kernel(module: Module, kernel: Kernel) -> str:
    """Write the kernel, once for a module; gives its name.

    Its parameters: ``a``, ``lda``, ``b``, ``ldb``, ``c``, ``ldc`` (in elements), ``k``, ``accumulate`` (i64: add to
    what C holds; not read where it only writes) and ``count``, the columns that exist of the last vector (read where it
    is masked).
    """
    if kernel.name in module.made:
        return kernel.name
    module.made[kernel.name] = kernel
    names = [("a", PTR), ("lda", I64), ("b", PTR), ("ldb", I64), ("c", PTR), ("ldc", I64)]
    names += [("k", I64), ("accumulate", I64), ("count", I64)]
    builder = Builder(module, kernel.name, names, linkage="internal")
    a, lda, b, ldb, c, ldc, k, accumulate, count = builder.parameters
    size = kernel.type.bits // 8
    vector = kernel.type.vector(kernel.lanes)
    zero = number(vector, 0.0)
    mask = lane_mask(builder, kernel.lanes, count) if kernel.masked else None
    rows = _Rows(builder, kernel, a, lda)
    b_step = builder.mul(ldb, number(I64, size))
    count_of_bases = len(rows.bases)
    sums = [zero] * (kernel.rows * kernel.vectors)
    # One step a turn: what a turn costs besides hides behind the multiply-adds, of which each waits for the one before.
    with builder.loop(number(I64, 0), k, 1, *rows.bases, b, *sums) as loop:
        bases, at = list(loop.carried[:count_of_bases]), loop.carried[count_of_bases]
        before = loop.carried[count_of_bases + 1 :]
        row_of_b = [
            _load(
                builder,
                _after(builder, at, v * kernel.lanes * size),
                vector,
                mask if v == kernel.vectors - 1 else None,
            )
            for v in range(kernel.vectors)
        ]
        for row in range(kernel.rows):
            element = builder.load(rows.address(bases, row), kernel.type)
            broadcast = builder.splat(element, kernel.lanes)
            for v, values in enumerate(row_of_b):
                i = row * kernel.vectors + v
                sums[i] = builder.intrinsic("fmuladd", vector, broadcast, values, before[i])
        following = builder.value(PTR, f"getelementptr i8, {at}, {b_step}")
        loop.give(*rows.forward(bases), following, *sums)
    sums = list(loop.results[count_of_bases + 1 :])

    def leave(adds: bool) -> None:
        """Store the sums, or add them to what C holds."""
        row_of_c = c
        for row in range(kernel.rows):
            for v in range(kernel.vectors):
                where = _after(builder, row_of_c, v * kernel.lanes * size)
                lanes = mask if v == kernel.vectors - 1 else None
                value = sums[row * kernel.vectors + v]
                if adds:
                    value = builder.add(_load(builder, where, vector, lanes), value)
                if lanes is None:
                    builder.store(value, where)
                else:
                    builder.masked_store(value, where, lanes)
            if row < kernel.rows - 1:
                row_of_c = builder.offset(row_of_c, ldc, kernel.type)

    if kernel.writes:
        leave(False)
    else:
        add, write, end = (builder.fresh_label(what) for what in ("add", "write", "end"))
        builder.branch(builder.compare("ne", accumulate, number(I64, 0)), add, write)
        for label, adds in ((add, True), (write, False)):
            builder.label(label)
            leave(adds)
            builder.jump(end)
        builder.label(end)
    builder.finish()
    return kernel.name


def _load(builder: Builder, where: Operand, vector: Type, mask: Operand | None) -> Operand:
    if mask is None:
        return builder.load(where, vector)
    return builder.masked_load(where, mask, number(vector, 0.0))


def _after(builder: Builder, pointer: Operand, by: int) -> Operand:
    if not by:
        return pointer
    return builder.value(PTR, f"getelementptr i8, {pointer}, i64 {by}")


class _Rows:
    """Where the elements of A lie.

    In rows: a pointer for every fourth row, and the distances of one, two and three rows; so few registers reach all
    of them. In columns: one pointer.
    """

    def __init__(self, builder: Builder, kernel: Kernel, a: Operand, lda: Operand) -> None:
        self._builder = builder
        self._kernel = kernel
        self._size = kernel.type.bits // 8
        step = builder.mul(lda, number(I64, self._size))
        self._distances = [number(I64, 0), step]
        self.bases = [a]
        if not kernel.columns_of_a:
            if kernel.rows > 2:
                self._distances.append(builder.mul(step, number(I64, 2)))
            if kernel.rows > 3:
                self._distances.append(builder.mul(step, number(I64, 3)))
            four = builder.mul(step, number(I64, 4)) if kernel.rows > 4 else step
            for _ in range(4, kernel.rows, 4):
                self.bases.append(
                    builder.value(PTR, f"getelementptr {I8}, {self.bases[-1]}, {four}")
                )

    def address(self, bases: list[Operand], row: int) -> Operand:
        builder = self._builder
        if self._kernel.columns_of_a:
            return _after(builder, bases[0], row * self._size)
        where = bases[row // 4]
        if row % 4:
            where = builder.value(PTR, f"getelementptr i8, {where}, {self._distances[row % 4]}")
        return where

    def forward(self, bases: list[Operand]) -> list[Operand]:
        """The pointers of the next step."""
        by = self._distances[1] if self._kernel.columns_of_a else number(I64, self._size)
        return [self._builder.value(PTR, f"getelementptr i8, {base}, {by}") for base in bases]
