"""Loops that do nothing but arithmetic: for measuring how much of it the machine does."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

from .emit import F32, F64, I64, PTR, Builder, Module, Operand, Type, number
from .engine import Loaded, load
from .machine import machine


@cache
def loops(chains: int) -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Functions of a number of rounds, in 32 and 64 bits; a round is a multiply-add of a vector in each chain.

    They let other Python threads run meanwhile.

    Raises:
        ImportError: nothing is cached, and llvmlite is not installed.
    """
    code = load(lambda: _text(chains), f"peak {chains} {machine().vector_bytes}")
    return _function(code, "single"), _function(code, "double")


def _function(code: Loaded, name: str) -> Callable[[int], object]:
    made = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(code.address(name))
    vectors = ctypes.create_string_buffer(64 * 64)

    def run(rounds: int, kept: Loaded = code) -> None:
        made(rounds, ctypes.addressof(vectors))

    return run


def _text(chains: int) -> str:
    module = Module(machine().attributes)
    for name, element in (("single", F32), ("double", F64)):
        _loop(module, name, element.vector(machine().lanes(element.bits // 8)), chains)
    return str(module)


def _loop(module: Module, name: str, type: Type, chains: int) -> None:
    """``void name(i64 rounds, ptr result)``: the sums are stored, so that they are computed."""
    b = Builder(module, name, [("rounds", I64), ("result", PTR)])
    rounds, result = b.parameters
    # Far from numbers that CPUs are slow with.
    factor = b.splat(number(type.scalar, 0.5), type.lanes)
    start = [b.splat(number(type.scalar, 1.0 + i / 64), type.lanes) for i in range(chains)]
    with b.loop(number(I64, 0), rounds, 1, *start) as loop:
        loop.give(*(b.fma(x, factor, factor) for x in loop.carried))
    total: Operand = loop.results[0]
    for other in loop.results[1:]:
        total = b.add(total, other)
    b.store(total, result, type.bits // 8)
    b.finish()
