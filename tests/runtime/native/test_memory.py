"""Memory for large results: given out again once nobody holds it, and never before."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf
from bifront.runtime.native.memory_layout import LARGE, SLOTS

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")
memory = pytest.importorskip("bifront.runtime.native.memory")

COUNT = LARGE // 4


@pytest.fixture
def add() -> bf.Executable:
    if not memory.handler():
        pytest.skip("there is no memory handler here")
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        return bf.compile(bf.graph_of([x + 1.0], inputs=[x]), "native")


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_memory_that_was_freed_is_used_again(add: bf.Executable) -> None:
    x = np.arange(COUNT, dtype=np.float32)
    first = address(add(x)[0])
    assert address(add(x)[0]) == first
    np.testing.assert_array_equal(add(x)[0], x + 1)


def test_what_somebody_holds_stays_as_it_is(add: bf.Executable) -> None:
    x = np.arange(COUNT, dtype=np.float32)
    held = [add(x)[0]]
    view = add(x + 1)[0][5:10]
    other = memoryview(add(x + 2)[0])
    held += [add(np.full(COUNT, i, np.float32))[0] for i in range(2 * SLOTS)]
    np.testing.assert_array_equal(held[0], x + 1)
    np.testing.assert_array_equal(view, x[5:10] + 2)
    np.testing.assert_array_equal(np.asarray(other), x + 3)
    for i, array in enumerate(held[1:]):
        assert (array == i + 1).all()
    assert len({address(a) for a in held}) == len(held)


def test_another_size_gets_other_memory(add: bf.Executable) -> None:
    sizes = [COUNT + i for i in (0, 1, 1000, 5, 0, 1)] * 3
    for size in sizes:
        x = np.full(size, 3, np.float32)
        (found,) = add(x)
        assert found.shape == (size,)
        assert (found == 4).all()


def test_results_own_their_memory_and_can_be_resized(add: bf.Executable) -> None:
    (result,) = add(np.zeros(COUNT, np.float32))
    assert result.flags.owndata
    result.resize(2 * COUNT, refcheck=False)
    assert (result[:COUNT] == 1).all()
    assert (result[COUNT:] == 0).all()
    result.resize(3, refcheck=False)
    assert result.tolist() == [1, 1, 1]
    del result
    assert (add(np.zeros(COUNT, np.float32))[0] == 1).all()


def test_what_else_is_made_is_not_under_the_handler(add: bf.Executable) -> None:
    name = pytest.importorskip("numpy._core.multiarray").get_handler_name
    (large,) = add(np.zeros(COUNT, np.float32))
    assert name(large) == "bifront"
    assert name(np.ones(COUNT)) == name() != "bifront"


def test_results_go_when_nobody_holds_them(add: bf.Executable) -> None:
    (result,) = add(np.zeros(COUNT, np.float32))
    gone = weakref.ref(result)
    del result
    gc.collect()
    assert gone() is None
