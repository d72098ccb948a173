"""Matrix products in machine code against sums in float64."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bifront.runtime.native.emit import F32, F64, I64, Builder, Module, Operand, Type, number
from bifront.runtime.native.products import Product, Tiling, column_step, emit_product, row_step

from .products_engine import DTYPES, Compiled, aligned, multiply

TILINGS = {
    "avx512": Tiling(),
    "avx2": Tiling(vector_bytes=32, registers=16),
    "neon": Tiling(vector_bytes=16, registers=32),
    # Caches so small that every loop over blocks turns more than once.
    "tiny": Tiling(vector_bytes=64, registers=16, l1=2048, l2=8192),
}
STORED = [(False, False), (True, False), (False, True), (True, True)]
STORED_IDS = ["n n", "t n", "n t", "t t"]
SIZES = [
    (0, 5, 3), (5, 0, 3), (5, 3, 0), (1, 1, 1), (1, 17, 33), (1, 64, 64), (2, 40, 7), (16, 64, 64), (17, 16, 7),
    (33, 1, 20),
    (64, 10, 100), (33, 17, 1), (100, 33, 16), (7, 100, 17), (50, 70, 90),
]  # fmt: skip


def matrix(
    rng: np.random.Generator, rows: int, cols: int, type: Type, extra: int = 0
) -> np.ndarray:
    """A misaligned matrix whose rows are ``extra`` elements further apart than they are long."""
    dtype = DTYPES[type]
    flat = aligned(max(rows * (cols + extra), 1), dtype, np.dtype(dtype).itemsize)
    flat[:] = np.nan
    whole = flat[: rows * (cols + extra)].reshape(rows, cols + extra)
    whole[:, :cols] = rng.standard_normal((rows, cols))
    return whole[:, :cols]


def operands(
    product: Product, m: int, n: int, k: int, extra: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([m, n, k])
    a = matrix(rng, *((k, m) if product.transpose_a else (m, k)), product.type, extra)
    b = matrix(rng, *((n, k) if product.transpose_b else (k, n)), product.type, extra)
    return a, b, matrix(rng, m, n, product.type, extra)


def expected(product: Product, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a.T if product.transpose_a else a) @ (b.T if product.transpose_b else b)


def close(got: np.ndarray, want: np.ndarray, k: int) -> None:
    eps = np.finfo(got.dtype).eps
    np.testing.assert_allclose(got, want, rtol=(k + 2) * eps, atol=4 * (k + 2) * eps)


@pytest.mark.parametrize("known", [True, False], ids=["known", "run time"])
@pytest.mark.parametrize("tiling", TILINGS.values(), ids=TILINGS)
@pytest.mark.parametrize(("ta", "tb"), STORED, ids=STORED_IDS)
def test_sizes(ta: bool, tb: bool, tiling: Tiling, known: bool) -> None:
    """All sizes around those of tiles; rows further apart than they are long, and misaligned."""
    module = Module()
    products = []
    for i, (m, n, k) in enumerate(SIZES):
        sizes = (m, n, k) if known else (None, None, None)
        products.append(Product(F32, *sizes, ta, tb))
        if known or i == 0:
            emit_product(module, f"product{i}", products[-1], tiling)
    compiled = Compiled(module)
    for i, (product, (m, n, k)) in enumerate(zip(products, SIZES, strict=True)):
        for extra in (0, 3):
            a, b, c = operands(product, m, n, k, extra)
            whole = c.base
            rest = whole[:, n:].copy() if extra and whole is not None and whole.ndim == 2 else None
            multiply(compiled.function(f"product{i if known else 0}"), product, tiling, a, b, c, k)
            close(c, expected(product, a, b), k)
            if rest is not None:
                np.testing.assert_array_equal(
                    whole[:, n:], rest, f"{m}x{n}x{k} wrote past its columns"
                )


@pytest.mark.parametrize(("ta", "tb"), STORED, ids=STORED_IDS)
@pytest.mark.parametrize(
    "sizes", [(None, 40, 30), (50, None, None), (50, 40, 30), (3, 40, 30), (50, 1, 30)], ids=str
)
def test_float64_and_accumulation(
    sizes: tuple[int | None, int | None, int | None], ta: bool, tb: bool
) -> None:
    product = Product(F64, *sizes, ta, tb)
    m, n, k = (known or size for known, size in zip(sizes, (50, 40, 30), strict=True))
    module = Module()
    emit_product(module, "product", product, TILINGS["tiny"], accumulate=True)
    a, b, c = operands(product, m, n, k)
    before = c.copy()
    multiply(Compiled(module).function("product"), product, TILINGS["tiny"], a, b, c, k)
    close(c, before + expected(product, a, b), k)


@pytest.mark.parametrize("tiling", TILINGS.values(), ids=TILINGS)
@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("known", [True, False], ids=["known", "run time"])
def test_ranges_make_the_whole(tiling: Tiling, tb: bool, known: bool) -> None:
    """Parts that begin at steps, in any order, touch what is theirs alone."""
    m, n, k = 75, 131, 40
    product = Product(F32, *((m, n, k) if known else (None, None, None)), False, tb)
    module = Module()
    emit_product(module, "product", product, tiling)
    function = Compiled(module).function("product")
    a, b, c = operands(product, m, n, k)
    c[:] = np.nan
    rows = [*range(0, m, 2 * row_step(product, tiling)), m]
    cols = [*range(0, n, column_step(product, tiling)), n]
    for r in reversed(list(pairwise(rows))):
        for s in pairwise(cols):
            others = np.ones(c.shape, bool)
            others[slice(*r), slice(*s)] = False
            before = c[others].copy()
            multiply(function, product, tiling, a, b, c, k, r, s)
            np.testing.assert_array_equal(c[others], before)
    close(c, expected(product, a, b), k)


@pytest.mark.parametrize("tiling", TILINGS.values(), ids=TILINGS)
@pytest.mark.parametrize(
    ("m", "n", "k"), [(20, 10, 50), (1, 40, 8), (33, 64, 300), (40, 1, 9), (5, 35, 0)], ids=str
)
@pytest.mark.parametrize(("ta", "tb"), STORED, ids=STORED_IDS)
def test_epilogue(tiling: Tiling, m: int, n: int, k: int, ta: bool, tb: bool) -> None:
    """relu(C + bias + row): the epilogue sees every finished element once, where it stands."""
    product = Product(F32, m, n, k, ta, tb)

    def epilogue(
        builder: Builder,
        value: Operand,
        row: Operand,
        column: Operand,
        mask: Operand | None,
        context: Operand,
    ) -> Operand:
        where = builder.offset(context, column, F32)
        zero = number(value.type, 0.0)
        bias = (
            builder.load(where, value.type)
            if mask is None
            else builder.masked_load(where, mask, zero)
        )
        height = builder.splat(builder.convert("sitofp", row, F32), value.type.lanes)
        total = builder.add(builder.add(value, bias), height)
        return builder.select(builder.compare("ogt", total, zero), total, zero)

    module = Module()
    emit_product(module, "product", product, tiling, epilogue)
    a, b, c = operands(product, m, n, k)
    bias = np.linspace(-40, 20, n, dtype=np.float32)
    multiply(
        Compiled(module).function("product"), product, tiling, a, b, c, k, context=bias.ctypes.data
    )
    rows = np.arange(m)[:, None]
    eps = np.finfo(np.float32).eps
    np.testing.assert_allclose(
        c,
        np.maximum(expected(product, a, b) + bias + rows, 0),
        rtol=(k + 4) * eps,
        atol=100 * (k + 4) * eps,
    )


def test_products_share_what_they_need_alike() -> None:
    module = Module()
    emit_product(module, "one", Product(F32, 64, 128, 64), Tiling())
    before = str(module).count("define internal")
    emit_product(module, "two", Product(F32, 64, 256, 128), Tiling())
    assert str(module).count("define internal") == before


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="float32 or float64, not i64"):
        Product(I64, 1, 1, 1)
