"""Compiles modules of products and calls them on arrays."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from bifront.runtime.native.emit import F32, F64, Module
from bifront.runtime.native.products import Product, Tiling, scratch_bytes

llvm = pytest.importorskip("llvmlite.binding", reason="the native backend needs llvmlite")

DTYPES = {F32: np.float32, F64: np.float64}
_PARAMETERS = [
    *[ctypes.c_void_p, ctypes.c_int64] * 3,
    *[ctypes.c_int64] * 7,
    *[ctypes.c_void_p] * 2,
]
_OWN = ctypes.CFUNCTYPE(None, *_PARAMETERS)
_BLAS = ctypes.CFUNCTYPE(None, *_PARAMETERS, ctypes.c_void_p)


class Compiled:
    """A module's machine code; it lives as long as this object."""

    def __init__(self, module: Module) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features().flatten()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features, opt=2, jit=True
        )
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        self.assembly = machine.emit_assembly
        self._parsed = parsed
        self._engine = llvm.create_mcjit_compiler(parsed, machine)
        self._engine.finalize_object()

    def text(self) -> str:
        return self.assembly(self._parsed)

    def address(self, name: str) -> int:
        return self._engine.get_function_address(name)

    def function(self, name: str, blas: bool = False) -> ctypes._FuncPointer:
        function = (_BLAS if blas else _OWN)(self.address(name))
        function.compiled = self  # the code lives as long as this does
        return function


def aligned(size: int, type: np.dtype | type = np.uint8, offset: int = 0) -> np.ndarray:
    """An array of so many elements at ``offset`` bytes past 64."""
    item = np.dtype(type).itemsize
    raw = np.zeros(size * item + 128, np.uint8)
    begin = -raw.ctypes.data % 64 + offset
    return raw[begin : begin + size * item].view(type)


def ld(x: np.ndarray) -> int:
    return x.strides[0] // x.itemsize


def multiply(
    function,
    product: Product,
    tiling: Tiling,
    a: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    k: int,
    rows: tuple[int, int] | None = None,
    cols: tuple[int, int] | None = None,
    context: int = 0,
    gemm: int | None = None,
) -> None:
    """Call a product's function; scratch memory is watched for writes past its end."""
    m, n = c.shape
    rows, cols = rows or (0, m), cols or (0, n)
    size = scratch_bytes(product, tiling, rows[1] - rows[0], cols[1] - cols[0])
    scratch = aligned(size + 64)
    scratch[size:] = 0xA5
    at = scratch.ctypes.data
    matrices = [value for x in (a, b, c) for value in (x.ctypes.data, ld(x))]
    function(*matrices, m, n, k, *rows, *cols, at, context, *([] if gemm is None else [gemm]))
    assert (scratch[size:] == 0xA5).all(), "packing wrote past the end of the scratch memory"
