"""Products by BLAS: the routines that scipy carries, called from generated code.

scipy exports the addresses of its BLAS for Cython (``scipy.linalg.cython_blas``). They are read only when asked for:
the import takes a quarter of a second. Code takes the address as an argument, so that compiled objects hold none.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import cast

from ..emit import F32, I8, I32, I64, PTR, Builder, Module, Operand, Type, number
from .driver import PARAMETERS
from .epilogue import emit_epilogue
from .product import Epilogue, Product, Tiling

__all__ = ["BLAS_PARAMETERS", "address", "emit_blas_product"]

BLAS_PARAMETERS = (*PARAMETERS, ("gemm", PTR))
"""Those of a product's function, and the address of the BLAS routine."""


@cache
def address(type: Type) -> int:
    """Where ``sgemm`` (float32) or ``dgemm`` (float64) is.

    Raises:
        ImportError: there is no scipy, or one without these routines.
    """
    from scipy.linalg import cython_blas

    name = "sgemm" if type is F32 else "dgemm"
    try:
        capsule = cython_blas.__pyx_capi__[name]
    except (AttributeError, KeyError):
        raise ImportError(f"scipy.linalg.cython_blas exports no {name}") from None
    api = ctypes.pythonapi
    signature = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", api))
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", api)
    )
    return cast(int, pointer(capsule, signature(capsule)))


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
