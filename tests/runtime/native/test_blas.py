"""Products by BLAS: against NumPy over all kinds of matrices, with what follows, on threads."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.compiler.ir import Value
from bifront.compiler.ops import add, broadcast_to, matmul, maximum, mul, slice_, tanh
from bifront.runtime.native import engine, routing
from bifront.runtime.native.cache import Cache
from bifront.runtime.native.emit import F32, F64, I32, I64, PTR, Builder, Module, Type, number
from bifront.runtime.native.products import Product, Tiling, library
from bifront.runtime.native.products.blas import emit_alone, emit_blas_product
from bifront.runtime.native.products.library import Table, table_address
from bifront.runtime.native.routing import rows_of_a_call
from bifront.runtime.native.target import PRODUCTS

from .agreement import threads
from .both_backends import agree, built
from .products_engine import Compiled, multiply
from .test_products import STORED, STORED_IDS, close, expected, operands

RNG = np.random.default_rng(0)
SHAPES = [
    (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 17, 33), (33, 1, 20), (7, 5, 1), (64, 64, 64),
    (37, 51, 29), (1030, 19, 40),
]  # fmt: skip


@pytest.fixture(autouse=True)
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRODUCTS, "blas")


def numbers(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return RNG.standard_normal(shape).astype(dtype)


def told(function: Callable[..., Value | Sequence[Value]], *arrays: np.ndarray) -> str:
    return bf.compile(built(function, arrays), "native").explain()


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("type", [F32, F64], ids=["f32", "f64"])
@pytest.mark.parametrize(("ta", "tb"), STORED, ids=STORED_IDS)
def test_functions_of_products(ta: bool, tb: bool, type: Type, accumulate: bool) -> None:
    product = Product(type, None, None, None, ta, tb)
    module = Module()
    emit_blas_product(module, "product", product, Tiling(), accumulate=accumulate)
    function = Compiled(module).function("product", blas=True)
    found = library.library()
    gemm = found.single if type is F32 else found.double
    for m, n, k in ((20, 33, 17), (1, 1, 1), (7, 5, 0), (0, 3, 2)):
        a, b, c = operands(product, m, n, k, extra=2)
        if not accumulate:
            c[:] = np.nan  # new memory may hold anything
        before = c.copy()
        multiply(function, product, Tiling(), a, b, c, k, gemm=gemm)
        close(c, expected(product, a, b) + (before if accumulate else 0.0), k)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("ta", "tb"), STORED, ids=STORED_IDS)
def test_shapes(ta: bool, tb: bool, dtype: type) -> None:
    for m, n, k in SHAPES:
        a = numbers(*((k, m) if ta else (m, k)), dtype=dtype)
        b = numbers(*((n, k) if tb else (k, n)), dtype=dtype)

        def product(a: Value, b: Value) -> Value:
            return matmul(a, b, ta, tb)  # type: ignore[return-value]

        if min(m, n, k) > 0:
            assert ": BLAS, as BIFRONT_PRODUCTS says" in told(product, a, b), (m, n, k)
        agree(product, a, b, ulp=32)


def test_what_follows_is_done_in_the_same_kernel() -> None:
    a, b = numbers(70, 40), numbers(40, 33)
    bias, rows = numbers(33), numbers(70, 1)

    def layer(a: Value, b: Value, bias: Value, rows: Value) -> list[Value]:
        y = add(matmul(a, b), bias)
        return [maximum(y, rows), mul(tanh(y), rows)]  # type: ignore[list-item]

    assert "in 1 kernels" in told(layer, a, b, bias, rows)
    agree(layer, a, b, bias, rows, ulp=64)


def test_batches() -> None:
    agree(matmul, numbers(3, 2, 20, 8), numbers(3, 2, 8, 5), ulp=32)
    agree(matmul, numbers(3, 1, 20, 8), numbers(2, 8, 5), ulp=32)
    agree(lambda a, b, c: add(matmul(a, b, True), c), numbers(4, 8, 21), numbers(8, 5), numbers(5), ulp=32)  # fmt: skip


def test_rows_that_lie_apart() -> None:
    a, b = numbers(40, 60), numbers(60, 50)

    def sliced(a: Value, b: Value) -> Value:
        left = slice_(a, (3, 0), (37, 55), (1, 1))
        right = slice_(b, (5, 7), (60, 41), (1, 1))
        return matmul(left, right)  # type: ignore[return-value]

    assert ": BLAS" in told(sliced, a, b)
    agree(sliced, a, b, ulp=32)

    def every_other(a: Value, b: Value) -> Value:
        return matmul(slice_(a, (0, 0), (40, 60), (2, 1)), b)  # type: ignore[return-value]

    assert ": BLAS" in told(every_other, a, b)
    agree(every_other, a, b, ulp=32)


def test_rows_that_share_memory_are_left_to_own_code() -> None:
    """BLAS refuses them: it would end the process, or say so on the terminal."""

    def spread(a: Value, b: Value) -> Value:
        return matmul(broadcast_to(a, (30, 20)), b)  # type: ignore[return-value]

    a, b = numbers(1, 20), numbers(20, 10)
    assert "own code, as BLAS takes matrices" in told(spread, a, b)
    agree(spread, a, b, ulp=32)


def test_sizes_known_at_run_time_are_left_to_own_code() -> None:
    a, b = numbers(30, 20), numbers(20, 10)
    run = bf.compile(built(matmul, [a, b], ("n",)), "native")
    assert "product of ?x20 and 20x10 (float32): own code, as BLAS takes" in run.explain()
    agree(matmul, a, b, symbols=("n",), ulp=32)


def test_states_are_replaced_in_place() -> None:
    with tf.Graph().as_default(), bf.using_backend("native"), tf.Session() as session:
        x = tf.placeholder(tf.float32, [50, 300])
        w = tf.Variable(tf.ones([300, 260]))
        loss = tf.reduce_sum(tf.square(tf.matmul(x, w)))
        train = tf.train.GradientDescentOptimizer(1e-6).minimize(loss)
        session.run(tf.global_variables_initializer())
        data, wanted = numbers(50, 300), np.ones((300, 260), np.float32)
        for _ in range(3):
            session.run(train, {x: data})
            wanted = wanted - np.float32(2e-6) * (data.T @ (data @ wanted))
        np.testing.assert_allclose(session.run(w), wanted, rtol=1e-4)


def test_a_fault_behind_a_product_is_raised() -> None:
    with tf.Graph().as_default(), bf.using_backend("native"), tf.Session() as session:
        x = tf.placeholder(tf.float32, [40, 30])
        y = tf.placeholder(tf.int64, [40])
        picked = tf.gather(tf.matmul(x, tf.ones([30, 20])), y)
        table = tf.matmul(x, tf.ones([30, 20])) + tf.gather(tf.ones([5, 20]), y)
        fine, wrong = np.zeros(40, np.int64), np.full(40, 77)
        for fetch in (picked, table):
            session.run(fetch, {x: numbers(40, 30), y: fine})
            with pytest.raises((IndexError, bf.BifrontError), match="77"):
                session.run(fetch, {x: numbers(40, 30), y: wrong})
        assert words()[Table.CALLS] == 0


# Threads.


def words() -> ctypes.Array[ctypes.c_int64]:
    return (ctypes.c_int64 * len(Table)).from_address(table_address())


@pytest.fixture
def own_threads() -> Iterator[Callable[[], int]]:
    """BLAS with two threads of its own; a function that tells how many it has."""
    found = library.library()
    get = ctypes.CFUNCTYPE(ctypes.c_int)(found.get_threads)
    limit = ctypes.CFUNCTYPE(None, ctypes.c_int)(found.set_threads)
    before = get()
    limit(2)
    yield get
    limit(before)


def test_calls_depend_on_sizes_and_the_machine_alone() -> None:
    assert rows_of_a_call(0, 8) == 16
    assert rows_of_a_call(100, 8) == 112
    assert rows_of_a_call(511, 8) == 512
    assert rows_of_a_call(4096, 2) == 2048
    assert rows_of_a_call(4096, 64) == 256


@pytest.mark.parametrize("batch", [(), (2,)], ids=["one", "batch"])
def test_threads_change_no_bit(batch: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    five = replace(routing.machine(), cores=5)
    monkeypatch.setattr(routing, "machine", lambda: five)
    monkeypatch.setattr(routing, "ROWS", 32)
    monkeypatch.setattr(engine, "disk", lambda: Cache(None))
    a, b = numbers(*batch, 333, 100), numbers(100, 130)
    run = bf.compile(built(lambda a, b: tanh(matmul(a, b)), [a, b]), "native")
    assert "blas.begin" in run.source
    found = []
    for count in (1, 2, 3, 7):
        with threads(count):
            found.append(run(a, b)[0])
    assert all((x == y).all() for x, y in pairwise(found))
    np.testing.assert_allclose(found[0], np.tanh(a @ b), atol=1e-5)


def test_blas_has_one_thread_meanwhile(own_threads: Callable[[], int]) -> None:
    module = Module()
    begin, end = emit_alone(module)
    assert emit_alone(module) == (begin, end)
    b = Builder(module, "probe", [("table", PTR), ("found", PTR)])
    table, found = b.parameters
    get = b.load(b.offset(table, number(I64, Table.GET_THREADS), I64), PTR, 8)
    steps = (begin, begin, end, end)
    for i, step in enumerate(steps):
        b.line(f"call void @{step}({table})")
        now = b.value(I32, f"call i32 {get.text}()")
        b.store(now, b.offset(found, number(I64, i), I32), 4)
    b.finish()
    code = Compiled(module)
    seen = (ctypes.c_int * len(steps))()
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(code.address("probe"))(
        table_address(), ctypes.addressof(seen)
    )
    assert list(seen) == [1, 1, 1, 2]
    assert list(words()[Table.LOCK : Table.BEFORE]) == [0, 0]


def test_several_threads_of_python_multiply_at_once(own_threads: Callable[[], int]) -> None:
    a, b = numbers(300, 400), numbers(400, 300)
    run = bf.compile(built(matmul, [a, b]), "native")
    (wanted,) = run(a, b)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: run(a, b)[0], range(40)):
            np.testing.assert_array_equal(found, wanted)
    assert own_threads() == 2
    assert words()[Table.CALLS] == 0


def test_a_forked_process_begins_anew(own_threads: Callable[[], int]) -> None:
    """As if the process had been forked while another thread was in a call."""
    state = (ctypes.c_int64 * len(Table))(*words())
    state[Table.LOCK], state[Table.CALLS], state[Table.BEFORE] = 1, 1, 3
    library._forked(state)
    assert list(state[Table.LOCK :]) == [0, 0, 0]
    assert own_threads() == 3


# The library.


def test_scipy_is_as_it_would_be_without_us() -> None:
    library.library()
    from scipy.linalg import cython_blas
    from scipy.linalg.blas import dgemm

    assert library._load() is cython_blas
    np.testing.assert_allclose(dgemm(1.0, np.eye(3), np.eye(3)), np.eye(3))


def test_a_blas_whose_threads_cannot_be_limited_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_NAMES", ["unheard_of_%s_num_threads"])
    with pytest.raises(ImportError, match="threads of its own, which cannot be limited"):
        library.library.__wrapped__()


def test_routines_with_other_arguments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_ARGUMENTS", "void (long *)")
    with pytest.raises(ImportError, match=r"sgemm of .* takes other arguments: void"):
        library.library.__wrapped__()
    with pytest.raises(ImportError, match="exports no qgemm"):
        library._routine(library._load(), "qgemm")
