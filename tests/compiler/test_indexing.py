"""Gather, take along, scatter: against NumPy, errors that name the index, and the fast paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bifront.compiler.errors import DTypeError, IndexOutOfRange, ShapeError
from bifront.compiler.ir import TensorType, dtype_of, symbol
from bifront.compiler.ops import (
    REGISTRY,
    gather,
    gather_nd,
    iota,
    nonzero,
    one_hot,
    reshape,
    scatter_add,
    scatter_add_along,
    scatter_add_nd,
    scatter_set_nd,
    take_along,
    update_slice,
)
from bifront.compiler.ops.positions import SPARSE_FROM, sum_rows

from .support import build, gradients, names, shape_of, value

RNG = np.random.default_rng(0)
batch = symbol("batch")
X = RNG.standard_normal((4, 5, 3))
LABELS = TensorType(dtype_of("int64"), (batch,))


class TestGather:
    @pytest.mark.parametrize("axis", [0, 1, -1])
    @pytest.mark.parametrize("indices", [[0, 2, -1, 2], [[1], [0]], 1])
    def test_is_take(self, axis, indices) -> None:
        found = gather(value(X), value(np.array(indices)), axis)
        assert np.array_equal(found.data, np.take(X, indices, axis))

    def test_the_index_and_the_extent_are_named(self) -> None:
        table = value(np.zeros((10, 4)))
        with pytest.raises(IndexOutOfRange, match=r"index 10 .* axis 0 of extent 10 \(at \[1, 0\]"):
            gather(table, value(np.array([[0, 1], [10, 2]])))
        with pytest.raises(IndexError, match="index -11"):
            gather(table, value(np.array(-11)))

    def test_indices_are_integers(self) -> None:
        with pytest.raises(DTypeError, match="integer indices"):
            gather(value(X), value(np.array([1.0])))

    def test_symbolic(self) -> None:
        assert shape_of(gather, (100, 8), LABELS) == (batch, 8)


class TestTakeAlong:
    @pytest.mark.parametrize("axis", [0, 1, 2])
    def test_is_take_along_axis(self, axis) -> None:
        shape = list(X.shape)
        shape[axis] = 7
        indices = RNG.integers(-X.shape[axis], X.shape[axis], shape)
        found = take_along(value(X), value(indices), axis)
        assert np.array_equal(found.data, np.take_along_axis(X, indices, axis))

    def test_other_axes_agree(self) -> None:
        with pytest.raises(ShapeError, match="only axis 1 may differ"):
            take_along(value(np.zeros((4, 5))), value(np.zeros((3, 1), int)), 1)

    def test_out_of_range(self) -> None:
        with pytest.raises(IndexOutOfRange, match=r"index 5 .* \(at \[2, 0\]"):
            take_along(value(np.zeros((3, 5))), value(np.array([[0], [1], [5]])), 1)


class TestScatter:
    @given(st.integers(1, 9), st.integers(0, 40), st.integers(1, 80), st.randoms())
    def test_duplicates_add_up_whatever_the_way(self, count, n, width, random) -> None:
        places = np.array([random.randrange(count) for _ in range(n)], np.int64)
        rows = np.arange(float(n * width)).reshape(n, width)
        expected = np.zeros((count, width))
        np.add.at(expected, places, rows)
        assert np.array_equal(sum_rows(count, places, rows), expected)

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
    def test_every_type_takes_the_fast_way(self, dtype) -> None:
        rows = np.ones((8, SPARSE_FROM), dtype)
        found = sum_rows(3, np.arange(8) % 3, rows)
        assert found.dtype == dtype
        assert found[:, 0].tolist() == [3, 3, 2]

    @pytest.mark.parametrize("axis", [0, 1, 2])
    @pytest.mark.parametrize("width", [1, 700])
    def test_along_any_axis(self, axis, width) -> None:
        x = np.repeat(X, width, (axis + 1) % 3)
        indices = np.array([[1, -1], [1, 0]])
        updates = RNG.standard_normal(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])
        expected = np.moveaxis(x.copy(), axis, 0)
        flat = updates.reshape(*x.shape[:axis], 4, *x.shape[axis + 1 :])
        np.add.at(expected, indices.reshape(-1), np.moveaxis(flat, axis, 0))
        found = scatter_add(value(x), value(indices), value(updates), axis)
        np.testing.assert_allclose(found.data, np.moveaxis(expected, 0, axis), atol=1e-12)

    def test_single_elements(self) -> None:
        indices = RNG.integers(-5, 5, (4, 9, 3))
        updates = RNG.standard_normal(indices.shape)
        expected = X.copy()
        i, _, k = np.ogrid[:4, :9, :3]
        np.add.at(expected, (i, indices, k), updates)
        found = scatter_add_along(value(X), value(indices), value(updates), 1)
        np.testing.assert_allclose(found.data, expected, atol=1e-12)

    def test_several_axes_at_once(self) -> None:
        i, j = np.array([[0], [3]]), np.array([1, 1, -1])
        updates = RNG.standard_normal((2, 3, 3))
        added, replaced = X.copy(), X.copy()
        np.add.at(added, (i, j), updates)
        replaced[i, j] = updates
        indices = (value(i), value(j))
        found = scatter_add_nd(value(X), value(updates), *indices)
        np.testing.assert_allclose(found.data, added, atol=1e-12)
        found = scatter_set_nd(value(X), value(updates), *indices)
        assert np.array_equal(found.data, replaced)
        assert np.array_equal(gather_nd(value(X), *indices).data, X[i, j])

    def test_the_operand_is_not_written_to(self) -> None:
        x = value(np.zeros((3, 2)))
        ones = value(np.ones((1, 2)))
        scatter_add(x, value(np.array([1])), ones)
        scatter_set_nd(x, ones, value(np.array([1])))
        update_slice(x, ones, (0, 0), (1, 2))
        assert not x.data.any()

    def test_a_number_replaces_many(self) -> None:
        found = scatter_set_nd(value(np.zeros(4)), value(7.0), value(np.array([1, 3])))
        assert found.data.tolist() == [0, 7, 0, 7]

    def test_updates_have_the_shape_that_would_be_read(self) -> None:
        with pytest.raises(
            ShapeError, match=r"updates must have shape \[2, 5, 3\], got \[3, 5, 3\]"
        ):
            scatter_add(value(X), value(np.array([0, 1])), value(X[:3]))

    def test_out_of_range(self) -> None:
        with pytest.raises(IndexOutOfRange, match=r"index 4 .* axis 0 of extent 4"):
            scatter_add(value(X), value(np.array([4])), value(X[:1]))
        with pytest.raises(IndexOutOfRange, match=r"index 9 .* axis 1 of extent 5"):
            gather_nd(value(X), value(np.array([0])), value(np.array([9])))

    def test_the_gradient_of_a_lookup_adds_up_what_was_read_twice(self) -> None:
        ids = value(np.array([2, 0, 2]))
        (g,) = gradients(lambda t: gather(t, ids), np.zeros((4, 2)))
        assert g.tolist() == [[1, 1], [0, 0], [2, 2], [0, 0]]


class TestUpdateSlice:
    def test_backwards(self) -> None:
        found = update_slice(value(np.zeros(5)), value([1.0, 2.0]), (None,), (2,), (-1,))
        assert found.data.tolist() == [0, 0, 0, 2, 1]

    def test_the_value_broadcasts(self) -> None:
        found = update_slice(value(np.zeros((2, 3))), value(1.0), (0, 1), (2, 3))
        assert found.data.tolist() == [[0, 1, 1], [0, 1, 1]]


class TestMade:
    def test_one_hot_of_an_index_outside_is_all_zero(self) -> None:
        found = one_hot(value(np.array([1, 5, -1])), 3, dtype_of("float32"))
        assert found.data.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]

    def test_iota_of_a_symbol(self) -> None:
        assert shape_of(lambda x: iota(x.shape[0], dtype_of("int32")), (batch,)) == (batch,)

    def test_nonzero_has_as_many_rows_as_it_turns_out(self) -> None:
        graph = build(lambda x: reshape(nonzero(x), (-1,)), (2, 2))
        assert names(graph) == ["nonzero", "reshape"]
        again = build(lambda x: reshape(nonzero(x), (-1,)), (2, 2))
        assert graph.fingerprint() == again.fingerprint()
        assert nonzero(value(np.eye(2))).data.tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("name", ["int8", "uint8", "int16", "int32"])
def test_narrow_indices_reach_as_far_as_wide_ones(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((90, 4, 3))
    low = 0 if name == "uint8" else -90
    indices = rng.integers(low, 90, (2, 4, 3))
    take, scatter = REGISTRY["take_along"], REGISTRY["scatter_add_along"]
    for axis, at in ((0, indices), (1, indices[:1].repeat(90, 0) % 4)):
        wide = take.evaluate(x, at, axis=axis)
        np.testing.assert_array_equal(take.evaluate(x, at.astype(name), axis=axis), wide)
    updates = rng.standard_normal((2, 4, 3))
    narrow = scatter.evaluate(x, indices.astype(name), updates, axis=0)
    np.testing.assert_array_equal(narrow, scatter.evaluate(x, indices, updates, axis=0))
