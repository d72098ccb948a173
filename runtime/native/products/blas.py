"""Products by BLAS, called from generated code."""

from __future__ import annotations

from ..emit import I1, I8, I32, I64, PTR, Builder, Module, Operand, number
from .driver import PARAMETERS
from .epilogue import emit_epilogue
from .library import Table
from .product import Epilogue, Product, Tiling

__all__ = ["BLAS_PARAMETERS", "emit_alone", "emit_blas_product"]

BLAS_PARAMETERS = (*PARAMETERS, ("gemm", PTR))
"""Those of a product's function, and the address of the BLAS routine."""


def emit_alone(module: Module) -> tuple[str, str]:
    """Write ``begin(ptr table)`` and ``end(ptr table)``, once for a module; gives their names.

    Between the two, BLAS uses the thread that calls it and no other; behind the last ``end`` as many as before.
    """
    names = "blas.begin", "blas.end"
    if "blas" in module.made:
        return names
    module.made["blas"] = names
    for name, change in zip(names, (1, -1), strict=True):
        b = Builder(module, name, [("table", PTR)], linkage="internal")
        words = [b.offset(b.parameters[0], number(I64, word), I64) for word in Table]
        get, limit = (b.load(words[w], PTR, 8) for w in (Table.GET_THREADS, Table.SET_THREADS))
        take, taken = b.fresh_label("take"), b.fresh_label("taken")
        b.jump(take)
        b.label(take)
        pair = b.fresh()
        b.line(f"{pair} = cmpxchg {words[Table.LOCK]}, i64 0, i64 1 acquire monotonic, align 8")
        b.branch(b.value(I1, f"extractvalue {{ i64, i1 }} {pair}, 1"), taken, take)
        b.label(taken)
        before = b.load(words[Table.CALLS], I64, 8)
        after = b.add(before, number(I64, change))
        b.store(after, words[Table.CALLS], 8)
        with b.when(b.compare("eq", before if change > 0 else after, number(I64, 0))):
            if change > 0:
                had = b.convert("sext", b.value(I32, f"call i32 {get.text}()"), I64)
                b.store(had, words[Table.BEFORE], 8)
                count: Operand = number(I32, 1)
            else:
                count = b.convert("trunc", b.load(words[Table.BEFORE], I64, 8), I32)
            b.line(f"call void {limit.text}({count})")
        b.line(f"store atomic i64 0, {words[Table.LOCK]} release, align 8")
        b.finish()
    return names


def emit_blas_product(
    module: Module,
    name: str,
    product: Product,
    tiling: Tiling,
    epilogue: Epilogue | None = None,
    accumulate: bool = False,
) -> None:
    """As `emit_product`, with `BLAS_PARAMETERS`; ranges may begin and end anywhere. ``scratch`` is not used.

    Row-major C = A B is, read by columns as BLAS does, C' = B' A'.
    """
    passed = f"{name}.epilogue"
    if epilogue is not None:
        emit_epilogue(module, passed, product, tiling.lanes(product.type), epilogue)
    builder = Builder(module, name, BLAS_PARAMETERS)
    a, lda, b, ldb, c, ldc, _, _, k, row0, row1, col0, col1, _, context, gemm = builder.parameters
    if product.k is not None:
        k = number(I64, product.k)
    type = product.type
    rows, columns = builder.sub(row1, row0), builder.sub(col1, col0)

    def at(pointer: Operand, row: Operand, ld: Operand, column: Operand | None = None) -> Operand:
        pointer = builder.offset(pointer, builder.mul(row, ld), type)
        return pointer if column is None else builder.offset(pointer, column, type)

    first_a = builder.offset(a, row0, type) if product.transpose_a else at(a, row0, lda)
    first_b = at(b, col0, ldb) if product.transpose_b else builder.offset(b, col0, type)
    first_c = at(c, row0, ldc, col0)

    def by_address(value: Operand) -> Operand:
        where = builder.alloca(value.type, 1, 8)
        builder.store(value, where)
        return where

    def whole(value: Operand, least: int = 0) -> Operand:
        if least:
            value = builder.intrinsic("smax", I64, value, number(I64, least))
        return by_address(builder.convert("trunc", value, I32))

    def letter(transposed: bool) -> Operand:
        return by_address(number(I8, ord("T" if transposed else "N")))

    with builder.when(
        builder.binary(
            "and",
            builder.compare("sgt", rows, number(I64, 0)),
            builder.compare("sgt", columns, number(I64, 0)),
        )
    ):
        arguments = [
            letter(product.transpose_b), letter(product.transpose_a), whole(columns), whole(rows), whole(k),
            by_address(number(type, 1.0)), first_b, whole(ldb, 1), first_a, whole(lda, 1),
            by_address(number(type, float(accumulate))), first_c, whole(ldc, 1),
        ]  # fmt: skip
        builder.line(f"call void {gemm.text}({', '.join(map(str, arguments))})")
        if epilogue is not None:
            operands = (first_c, ldc, row0, col0, rows, columns, context)
            builder.line(f"call void @{passed}({', '.join(map(str, operands))})")
    builder.finish()
