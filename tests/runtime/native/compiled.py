"""Elementary functions compiled by themselves, for the tests: arrays in, array out."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from bifront.runtime.native.emit import (
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    PTR,
    Builder,
    Module,
    Operand,
    Type,
    number,
)

binding = pytest.importorskip("llvmlite.binding", reason="the native backend needs llvmlite")
TYPES: dict[type, Type] = {
    np.float32: F32,
    np.float64: F64,
    np.int8: I8,
    np.int16: I16,
    np.int32: I32,
    np.int64: I64,
}
Emitter = Callable[..., Operand]


def _machine() -> object:
    """A new one for each engine, which takes it over."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=1,
        jit=True,
    )


_ENGINES: list[object] = []  # the code lives as long as they do


def loop_module(
    emit: Emitter, element: Type, lanes: int, operands: int, avx512: bool = False
) -> str:
    """``void f(ptr a, ..., ptr y, i64 n)`` on n elements, a multiple of the lanes."""
    module = Module('"prefer-vector-width"="512"', avx512)
    names = [f"a{i}" for i in range(operands)]
    b = Builder(module, "f", [*((n, PTR) for n in names), ("y", PTR), ("n", I64)])
    *sources, target, count = b.parameters
    with b.loop(number(I64, 0), count, lanes or 1) as loop:
        values = [b.load(b.offset(s, loop.index, element), element.vector(lanes)) for s in sources]
        b.store(emit(b, *values), b.offset(target, loop.index, element))
    b.finish()
    return str(module)


def linked(text: str, pointers: int) -> Callable[..., None]:
    """The function ``f`` of a module, which takes addresses and a number."""
    unit = binding.parse_assembly(text)
    unit.verify()
    engine = binding.create_mcjit_compiler(unit, _machine())
    engine.finalize_object()
    _ENGINES.append(engine)
    signature = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * pointers, ctypes.c_int64)
    return signature(engine.get_function_address("f"))


@cache
def compiled(
    emit: Emitter, dtype: type, lanes: int, operands: int = 1, avx512: bool = False
) -> Callable[..., np.ndarray]:
    """The function of arrays of any (equal) sizes that ``emit`` writes for this type and width.

    Args:
        avx512: with AVX-512's own instructions; only for a machine that has them.
    """
    native = linked(loop_module(emit, TYPES[dtype], lanes, operands, avx512), operands + 1)

    def call(*arrays: np.ndarray) -> np.ndarray:
        size = arrays[0].size
        padded = -(-size // max(lanes, 1)) * max(lanes, 1)
        sources = [
            np.concatenate([a, np.zeros(padded - size, dtype)]).astype(dtype) for a in arrays
        ]
        y = np.empty(padded, dtype)
        native(*(s.ctypes.data for s in sources), y.ctypes.data, padded)
        return y[:size]

    return call
