"""The pool of native threads: every part runs once, whoever calls, and in forked processes too."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from bifront.runtime.native import threads
from bifront.runtime.native.cache import Cache
from bifront.runtime.native.emit import I64, PTR, Builder, Module, Operand, number
from bifront.runtime.native.engine import Loaded, load

ZERO, ONE = number(I64, 0), number(I64, 1)
Run = Callable[[int, np.ndarray, int, int], None]


@cache
def code() -> Loaded:
    """``count``: adds 1 to word ``part`` of the context; ``nested``: does so through ``parallel``; and a caller."""
    module = Module()
    arguments = [("context", PTR), ("part", I64), ("parts", I64)]
    b = Builder(module, "count", arguments)
    context, part, _ = b.parameters
    at = b.offset(context, part, I64)
    b.store(b.add(b.load(at, I64), ONE), at)
    b.finish()
    # The first word of a row is the address of parallel.
    b = Builder(module, "nested", arguments)
    context, part, parts = b.parameters
    row = b.offset(context, b.add(ONE, b.mul(part, parts)), I64)
    parallel = b.load(context, PTR)
    b.line(f"call void {parallel.text}(ptr @count, {row}, {parts})")
    b.finish()
    b = Builder(
        module,
        "call",
        [("parallel", PTR), ("function", PTR), ("context", PTR), ("parts", I64), ("times", I64)],
    )
    parallel, function, context, parts, times = b.parameters
    with b.loop(ZERO, times, 1) as loop:
        b.line(f"call void {parallel.text}({function}, {context}, {parts})")
        loop.give()
    b.finish()
    assert isinstance(function, Operand)
    return load(lambda: str(module), "threads of the tests", Cache(None))


def run(name: str, context: np.ndarray, parts: int, times: int) -> None:
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_int64)(
        code().address("call")
    )
    call(threads.parallel_address(), code().address(name), context.ctypes.data, parts, times)


@pytest.fixture(params=[1, 2, 3, 7], ids="{} threads".format)
def count(request: pytest.FixtureRequest) -> Iterator[int]:
    before = threads.get_num_threads()
    threads.set_num_threads(request.param)
    yield request.param
    threads.set_num_threads(before)


@pytest.mark.parametrize("parts", [0, 1, 2, 5, 64])
def test_every_part_runs_once(count: int, parts: int) -> None:
    context = np.zeros(64, np.int64)
    run("count", context, parts, 500)
    assert context.tolist() == [500] * parts + [0] * (64 - parts)


def test_parts_may_be_parallel_themselves(count: int) -> None:
    parts = 6
    context = np.zeros(1 + parts * parts, np.int64)
    context[0] = threads.parallel_address()
    run("nested", context, parts, 100)
    assert context[1:].tolist() == [100] * parts**2


def test_several_python_threads_call_at_once(count: int) -> None:
    def work(_: int) -> list[int]:
        context = np.zeros(9, np.int64)
        for _ in range(20):
            run("count", context, 9, 100)
        return context.tolist()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [[2000] * 9] * 4


def test_workers_that_slept_are_woken(count: int) -> None:
    import time

    context = np.zeros(8, np.int64)
    for _ in range(20):
        time.sleep(0.002)
        run("count", context, 8, 1)
    assert context.tolist() == [20] * 8


@pytest.mark.skipif(sys.platform != "linux", reason="the pool has workers on Linux only")
def test_the_number_of_threads_is_that_of_workers_and_the_caller(count: int) -> None:
    threads.parallel_address()
    assert threads.get_num_threads() == count
    assert ctypes.c_int64.from_address(threads.threads_address()).value == count


def test_less_than_one_thread_is_refused() -> None:
    with pytest.raises(ValueError, match="from 1, not 0"):
        threads.set_num_threads(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_runs_all_parts_itself() -> None:
    threads.set_num_threads(3)
    context = np.zeros(8, np.int64)
    run("count", context, 8, 10)
    child = os.fork()
    if child == 0:
        run("count", context, 8, 10)
        threads.set_num_threads(2)
        run("count", context, 8, 10)
        os._exit(0 if context.tolist() == [30] * 8 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert context.tolist() == [10] * 8


PROGRAM = """
from bifront.runtime.native import threads
threads.parallel_address()
print(threads.get_num_threads())
"""


@pytest.mark.parametrize("asked", ["1", "5"])
def test_the_environment_sets_the_number_and_exit_is_clean(asked: str) -> None:
    environment = {**os.environ, "BIFRONT_NUM_THREADS": asked}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, asked, "")


def test_an_environment_that_says_no_number() -> None:
    environment = {**os.environ, "BIFRONT_NUM_THREADS": "many"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "BIFRONT_NUM_THREADS is 'many'; use a number from 1" in done.stderr
