"""What is left over by whole vectors is written to where it belongs, and not behind it."""

from __future__ import annotations

import numpy as np
import pytest

from bifront.runtime.native.emit import I64, PTR, Builder, Module, number
from bifront.runtime.native.vectors import over_vectors

from .compiled import TYPES, linked

LANES = 16


@pytest.mark.parametrize("size", [1, 2, 15, 17, 33, 34])
@pytest.mark.parametrize(
    ("wide", "narrow"),
    [(np.int32, np.int8), (np.int32, np.int16), (np.int64, np.int8), (np.int64, np.int32)],
)
def test_numbers_that_are_truncated_on_their_way(wide: type, narrow: type, size: int) -> None:
    source, target = TYPES[wide].vector(LANES), TYPES[narrow].vector(LANES)
    module = Module('"prefer-vector-width"="512"', False)
    b = Builder(module, "f", [("x", PTR), ("y", PTR), ("n", I64)])
    x, y, _ = b.parameters

    def body(index, mask, carried):
        at = b.offset(x, index, source.scalar)
        found = (
            b.load(at, source, 8) if mask is None else b.masked_load(at, mask, number(source, 0))
        )
        to, made = b.offset(y, index, target.scalar), b.convert("trunc", found, target)
        if mask is None:
            b.store(made, to, 1)
        else:
            b.masked_store(made, to, mask)
        return ()

    over_vectors(b, LANES, number(I64, 0), number(I64, size), size, (), body)
    b.finish()
    numbers = np.arange(1, size + 1, dtype=wide)
    memory = np.full(size + 64, 77, narrow)
    linked(str(module), 2)(numbers.ctypes.data, memory.ctypes.data, size)
    np.testing.assert_array_equal(memory[:size], numbers)
    assert (memory[size:] == 77).all()
