"""Reshape, transpose, broadcast, slice, flip, concatenate, pad: against NumPy, and with symbolic sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bifront.compiler.errors import AttributeValueError, ShapeError
from bifront.compiler.ir import substitute, symbol
from bifront.compiler.ops import (
    broadcast_to,
    concatenate,
    expand_dims,
    flip,
    pad,
    reshape,
    slice_,
    squeeze,
    transpose,
)

from .support import build, gradients, names, shape_of, value

batch = symbol("batch")
X = np.arange(24.0).reshape(2, 3, 4)


class TestReshape:
    def test_one_dimension_follows_from_the_others(self) -> None:
        assert reshape(value(X), (4, -1)).shape == (4, 6)

    @pytest.mark.parametrize(
        ("old", "new", "found"),
        [
            ((batch, 8, 8), (-1, 64), (batch, 64)),
            ((batch, 6), (batch, 2, -1), (batch, 2, 3)),
            ((batch, 4), (-1, 2), (2 * batch, 2)),
            ((batch, 3), (-1,), (3 * batch,)),
        ],
    )
    def test_a_symbolic_dimension_follows_by_exact_division(self, old, new, found) -> None:
        assert shape_of(lambda x: reshape(x, new), old) == found

    def test_a_division_that_may_leave_a_rest_is_kept_as_one(self) -> None:
        (lead, _) = shape_of(lambda x: reshape(x, (-1, 2)), (batch, 3))
        assert str(lead) == "(3*batch)//2"

    def test_another_size_is_an_error_that_says_both(self) -> None:
        with pytest.raises(ShapeError, match=r"24 elements and cannot take shape \[5, 5\].* 25"):
            reshape(value(X), (5, 5))

    def test_a_multiple_of_a_symbolic_size_is_an_error(self) -> None:
        with pytest.raises(ShapeError, match=r"64\*batch elements .* which has 32\*batch"):
            build(lambda x: reshape(x, (batch, 32)), (batch, 64))

    @pytest.mark.parametrize("shape", [(-1, -1), (2, -3)])
    def test_one_unknown_at_most(self, shape) -> None:
        with pytest.raises(AttributeValueError, match="only one dimension may be -1"):
            reshape(value(X), shape)

    def test_beside_zero_the_unknown_is_undetermined(self) -> None:
        with pytest.raises(ShapeError, match="could be any number"):
            reshape(value(np.zeros((0, 3))), (0, -1))

    def test_the_same_shape_is_the_same_value(self) -> None:
        x = value(X)
        assert reshape(x, (2, 3, 4)) is x
        assert reshape(x, (2, -1, 4)) is x

    def test_dimensions_of_one_come_and_go(self) -> None:
        x = expand_dims(value(X), (0, -1))
        assert x.shape == (1, 2, 3, 4, 1)
        assert squeeze(x).shape == squeeze(x, (0, 4)).shape == (2, 3, 4)
        with pytest.raises(ShapeError, match=r"axis 1 .* extent is 2, not 1"):
            squeeze(x, 1)


class TestTranspose:
    def test_axes_move(self) -> None:
        assert np.array_equal(transpose(value(X), (2, 0, -2)).data, X.transpose(2, 0, 1))
        assert transpose(value(X)).shape == (4, 3, 2)
        assert transpose(transpose(value(X), (2, 0, 1)), (1, 2, 0)).shape == X.shape

    def test_the_identity_is_the_same_value(self) -> None:
        x = value(X)
        assert transpose(x, (0, 1, 2)) is x

    def test_each_axis_is_named_once(self) -> None:
        with pytest.raises(AttributeValueError, match="not a permutation"):
            transpose(value(X), (0, 0, 1))


class TestBroadcast:
    def test_symbolic(self) -> None:
        assert shape_of(lambda x: broadcast_to(x, (batch, 3)), (3,)) == (batch, 3)

    def test_extents_that_do_not_fit(self) -> None:
        with pytest.raises(ShapeError, match=r"\[2, 3, 4\] does not broadcast to \[2, 3, 5\]"):
            broadcast_to(value(X), (2, 3, 5))


positions = st.one_of(st.none(), st.integers(-9, 9))
strides = st.integers(-4, 4).filter(bool)


class TestSlice:
    @given(st.integers(0, 7), positions, positions, strides)
    def test_means_what_python_means(self, size, start, limit, stride) -> None:
        x = np.arange(float(size))
        found = slice_(value(x), (start,), (limit,), (stride,))
        expected = x[start:limit:stride]
        assert np.array_equal(found.data, expected)
        (gradient,) = gradients(lambda v: slice_(v, (start,), (limit,), (stride,)), x)
        counted = np.zeros(size)
        counted[start:limit:stride] = 1
        assert np.array_equal(gradient, counted)

    @given(st.integers(1, 7), positions, positions, strides)
    def test_of_a_symbolic_extent_has_the_length_it_turns_out_to_have(
        self, size, start, limit, stride
    ) -> None:
        sensible = range(size)[start:limit:stride]
        within = all(p is None or -size <= p < size for p in (start, limit))
        if not within or not sensible:
            return
        (extent,) = shape_of(lambda x: slice_(x, (start,), (limit,), (stride,)), (batch,))
        assert substitute(extent, {"batch": size}) == len(sensible)

    def test_equal_selections_are_the_same_program(self) -> None:
        ways = [((0,), (10,), (3,)), ((None,), (None,), (3,)), ((-10,), (99,), (3,))]
        prints = {build(lambda x, w=w: slice_(x, *w), (10,)).fingerprint() for w in ways}
        assert len(prints) == 1

    def test_all_of_it_is_the_same_value(self) -> None:
        x = value(X)
        assert slice_(x, (0, None, -4), (2, 3, 9)) is x

    def test_backwards_is_a_flip(self) -> None:
        graph = build(lambda x: slice_(x, (None,), (None,), (-1,)), (batch,))
        assert names(graph) == ["flip"]

    def test_stride_zero(self) -> None:
        with pytest.raises(AttributeValueError, match="must not be 0"):
            slice_(value(X), (0, 0, 0), (1, 1, 1), (1, 0, 1))

    def test_a_batch_smaller_than_the_slice_is_an_error_not_a_short_result(self) -> None:
        graph = build(lambda x: slice_(x, (0,), (10,)), (batch,))
        (node,) = graph.nodes
        with pytest.raises(ShapeError, match=r"limits \[10\] lie beyond the shape \[4\]"):
            node.op.evaluate(np.zeros(4), **node.attrs)


class TestFlip:
    def test_axes_of_one_need_no_flip(self) -> None:
        x = value(np.ones((1, 3)))
        assert flip(x, 0) is x
        assert names(build(lambda x: flip(x, (0, 1)), (1, 3))) == ["flip"]


class TestConcatenate:
    def test_extents_add_up(self) -> None:
        assert shape_of(lambda a, b: concatenate([a, b], 0), (batch, 3), (2, 3)) == (batch + 2, 3)

    def test_gradients_go_to_the_parts(self) -> None:
        seed = np.arange(10.0).reshape(2, 5)
        a, b = gradients(
            lambda a, b: concatenate([a, b], -1), np.zeros((2, 3)), np.zeros((2, 2)), seed=seed
        )
        assert np.array_equal(a, seed[:, :3])
        assert np.array_equal(b, seed[:, 3:])

    def test_other_extents_must_agree(self) -> None:
        with pytest.raises(ShapeError, match=r"\[2, 3\], \[2, 4\] along axis 0"):
            concatenate([value(np.zeros((2, 3))), value(np.zeros((2, 4)))], 0)

    def test_types_must_agree(self) -> None:
        with pytest.raises(TypeError, match="element types differ"):
            concatenate([value(np.zeros(2)), value(np.zeros(2, np.float32))], 0)

    def test_nothing(self) -> None:
        with pytest.raises(AttributeValueError, match="at least one"):
            concatenate([], 0)


class TestPad:
    @pytest.mark.parametrize("mode", ["constant", "reflect", "symmetric", "edge", "wrap"])
    def test_modes_are_those_of_numpy(self, mode) -> None:
        amounts = ((1, 0), (0, 2), (3, 1))
        assert np.array_equal(pad(value(X), amounts, mode).data, np.pad(X, amounts, mode))

    @pytest.mark.parametrize("mode", ["reflect", "symmetric", "edge", "wrap"])
    def test_modes_work_on_a_symbolic_extent(self, mode) -> None:
        assert shape_of(lambda x: pad(x, ((2, 1), (0, 0)), mode), (batch, 3)) == (batch + 3, 3)

    def test_the_gradient_of_a_mirrored_element_counts_twice(self) -> None:
        (g,) = gradients(lambda x: pad(x, ((2, 0),), "reflect"), np.zeros(4))
        assert g.tolist() == [1, 2, 2, 1]

    def test_negative_padding_cuts(self) -> None:
        x = np.arange(6.0)
        assert pad(value(x), ((-1, 2),), value=9).data.tolist() == [1, 2, 3, 4, 5, 9, 9]

    def test_more_than_there_is_to_mirror(self) -> None:
        with pytest.raises(ShapeError, match="reflect padding by 4 needs more than the 4 elements"):
            pad(value(np.zeros(4)), ((4, 0),), "reflect")

    def test_unknown_mode(self) -> None:
        with pytest.raises(AttributeValueError, match="use constant, reflect"):
            pad(value(np.zeros(4)), ((1, 0),), "mirror")
