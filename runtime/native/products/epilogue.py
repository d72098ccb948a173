"""What is done to finished elements of C: a pass over a tile that was just written, while it is in the first cache."""

from __future__ import annotations

from ..emit import I64, PTR, Builder, Module, number
from .kernel import lane_mask
from .product import Epilogue, Product

__all__ = ["emit_epilogue"]


def emit_epilogue(
    module: Module, name: str, product: Product, lanes: int, epilogue: Epilogue
) -> None:
    """Write the pass.

    Its parameters: ``c`` (at the tile), ``ldc``, ``row``, ``column`` (of the tile in C), ``rows``, ``columns`` (of
    the tile), ``context``.
    """
    names = [
        ("c", PTR),
        ("ldc", I64),
        ("row", I64),
        ("column", I64),
        ("rows", I64),
        ("columns", I64),
        ("context", PTR),
    ]
    builder = Builder(module, name, names, linkage="internal")
    c, ldc, row, column, rows, columns, context = builder.parameters
    vector = product.type.vector(lanes)
    partial = product.n is None or product.n % lanes != 0
    whole = builder.binary("and", columns, number(I64, -lanes)) if partial else columns
    with builder.loop(number(I64, 0), rows, 1, c) as outer:
        at_row = builder.add(row, outer.index)
        if product.n is None or product.n >= lanes:
            with builder.loop(number(I64, 0), whole, lanes) as inner:
                where = builder.offset(outer.carried[0], inner.index, product.type)
                at = builder.add(column, inner.index)
                builder.store(
                    epilogue(builder, builder.load(where, vector), at_row, at, None, context), where
                )
                inner.give()
        if partial:
            with builder.when(builder.compare("slt", whole, columns)):
                where = builder.offset(outer.carried[0], whole, product.type)
                at = builder.add(column, whole)
                mask = lane_mask(builder, lanes, builder.sub(columns, whole))
                value = builder.masked_load(where, mask, number(vector, 0.0))
                builder.masked_store(
                    epilogue(builder, value, at_row, at, mask, context), where, mask
                )
        outer.give(builder.offset(outer.carried[0], ldc, product.type))
    builder.finish()
