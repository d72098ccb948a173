"""Reductions, scans and sorting: numbers, element types, ties, zeros, no elements at all."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bifront.compiler import ops
from bifront.compiler.errors import AttributeValueError, DTypeError, ShapeError
from bifront.compiler.ir import TensorType, dtype_of, symbol

from .derivatives import arrays, gradients

X = np.random.default_rng(0).standard_normal((2, 3, 4))
AXES = [None, 0, -1, (0, 2), (1, 2), (0, 1, 2)]
NUMPY = {"sum": np.sum, "max": np.max, "min": np.min, "prod": np.prod}


class TestReductions:
    @pytest.mark.parametrize("name", NUMPY)
    @pytest.mark.parametrize("axes", AXES, ids=str)
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_agree_with_numpy(self, name: str, axes, keepdims: bool) -> None:
        y = getattr(ops, f"reduce_{name}")(*arrays(X), axes, keepdims)
        assert_allclose(y.data, NUMPY[name](X, axis=axes, keepdims=keepdims), rtol=1e-13)

    @pytest.mark.parametrize("axes", AXES, ids=str)
    def test_quantifiers_agree_with_numpy(self, axes) -> None:
        (x,) = arrays(X > -0.5, dtype="bool")
        assert_array_equal(ops.reduce_all(x, axes).data, np.all(X > -0.5, axis=axes))
        assert_array_equal(ops.reduce_any(x, axes).data, np.any(X > -0.5, axis=axes))

    @pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "float16", "float32"])
    @pytest.mark.parametrize("name", NUMPY)
    def test_the_element_type_stays(self, dtype: str, name: str) -> None:
        y = getattr(ops, f"reduce_{name}")(*arrays([[1, 2], [3, 4]], dtype=dtype), 0)
        assert y.data.dtype == dtype
        assert_array_equal(y.data, NUMPY[name]([[1, 2], [3, 4]], axis=0))

    def test_axes_in_any_order_are_the_same_reduction(self) -> None:
        (x,) = arrays(X)
        assert_array_equal(ops.reduce_sum(x, (2, 0)).data, ops.reduce_sum(x, (0, -1)).data)

    def test_over_no_axes_is_the_tensor_itself(self) -> None:
        (x,) = arrays(X)
        assert ops.reduce_sum(x, ()) is x
        (scalar,) = arrays(2.0)
        assert ops.reduce_max(scalar) is scalar

    def test_of_no_elements(self) -> None:
        (x,) = arrays(np.zeros((2, 0)))
        assert_array_equal(ops.reduce_sum(x, 1).data, [0, 0])
        assert_array_equal(ops.reduce_prod(x, 1).data, [1, 1])
        for reduce in (ops.reduce_max, ops.reduce_min):
            with pytest.raises(
                ShapeError, match=r"^reduce_m..: axis 1 of f64\[2, 0\] has no elements"
            ):
                reduce(x, 1)
        with pytest.raises(ShapeError, match="argmax: axis 1 of"):
            ops.argmax(x, 1)

    def test_symbolic_dimensions(self) -> None:
        n = symbol("n")
        x = TensorType(dtype_of("float32"), (n, 3))
        assert ops.REDUCE_MAX.infer(x, axes=(0,), keepdims=True).shape == (1, 3)
        assert ops.REDUCE_SUM.infer(x, axes=(1,), keepdims=False).shape == (n,)

    def test_rejections(self) -> None:
        (x,), (b,) = arrays(X), arrays([True], dtype="bool")
        with pytest.raises(
            AttributeValueError, match="axis 3 is out of range for a tensor of rank 3"
        ):
            ops.reduce_sum(x, 3)
        with pytest.raises(AttributeValueError, match="same axis twice"):
            ops.reduce_sum(x, (0, -3))
        for op in (ops.REDUCE_SUM, ops.REDUCE_MAX):
            with pytest.raises(DTypeError, match=r"needs numbers, not bool\[1\]"):
                op.infer(b.type, axes=(0,), keepdims=False)
        with pytest.raises(DTypeError, match="needs bool"):
            ops.REDUCE_ALL.infer(x.type, axes=(0,), keepdims=False)


class TestGradients:
    @pytest.mark.parametrize("name", ["reduce_max", "reduce_min"])
    def test_ties_share_evenly(self, name: str) -> None:
        x = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
        x = x if name == "reduce_max" else -x
        (g,) = gradients(lambda v: getattr(ops, name)(v, 1), x)
        assert_allclose(g, [[0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]])

    def test_of_a_product_with_zeros(self) -> None:
        x = np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0], [1.0, 2.0, 4.0]])
        (g,) = gradients(lambda v: ops.reduce_prod(v, 1), x)
        assert_array_equal(g, [[0, 6, 0], [0, 0, 0], [8, 4, 2]])

    def test_second_of_a_product_with_zeros(self) -> None:
        (g,) = gradients(lambda v: ops.reduce_prod(v), [0.0, 5.0, 0.0], order=2)
        # The sum of gradients is bc + ac + ab.
        assert_array_equal(g, [5, 0, 5])

    def test_of_a_running_product_with_zeros(self) -> None:
        (g,) = gradients(lambda v: ops.cumprod(v, 0), [2.0, 0.0, 3.0, 4.0])
        # a + ab + abc + abcd
        assert_array_equal(g, [1, 2 + 6 + 24, 0, 0])

    def test_of_sorting_follow_the_elements(self) -> None:
        weights = np.array([1.0, 10.0, 100.0])
        (g,) = gradients(lambda v: ops.mul(ops.sort(v, 0), arrays(weights)[0]), [3.0, 1.0, 2.0])
        assert_array_equal(g, [100, 1, 10])
        (g,) = gradients(
            lambda v: ops.mul(ops.sort(v, 0, True), arrays(weights)[0]), [3.0, 1.0, 2.0]
        )
        assert_array_equal(g, [1, 100, 10])


class TestScans:
    @pytest.mark.parametrize(
        ("reverse", "exclusive", "sums", "products"),
        [
            (False, False, [1, 3, 6, 10], [1, 2, 6, 24]),
            (True, False, [10, 9, 7, 4], [24, 24, 12, 4]),
            (False, True, [0, 1, 3, 6], [1, 1, 2, 6]),
            (True, True, [9, 7, 4, 0], [24, 12, 4, 1]),
        ],
    )
    def test_directions(self, reverse: bool, exclusive: bool, sums, products) -> None:
        for dtype in ("float32", "int32"):
            (x,) = arrays([[1, 2, 3, 4]], dtype=dtype)
            for f, expected in ((ops.cumsum, sums), (ops.cumprod, products)):
                y = f(x, -1, reverse=reverse, exclusive=exclusive)
                assert y.data.dtype == dtype
                assert_array_equal(y.data, [expected])

    @pytest.mark.parametrize("exclusive", [False, True])
    def test_of_no_elements(self, exclusive: bool) -> None:
        (x,) = arrays(np.zeros((2, 0)))
        assert ops.cumsum(x, 1, exclusive=exclusive).shape == (2, 0)

    def test_recurrence(self) -> None:
        a, b = arrays([9.0, 2.0, 0.5], [1.0, 3.0, 4.0])
        assert_array_equal(ops.recurrence(a, b, 0).data, [1, 5, 6.5])
        assert_array_equal(ops.recurrence(a, b, 0, reverse=True).data, [100, 11, 4])


class TestOrder:
    def test_argmax_takes_the_first_of_equals(self) -> None:
        (x,) = arrays([[1, 3, 3], [2, 2, 1]])
        assert ops.argmax(x, 1).data.tolist() == [1, 0]
        assert ops.argmin(x, 0).data.tolist() == [0, 1, 1]
        assert str(ops.argmax(x, 1).type) == "i64[2]"

    def test_equal_elements_keep_their_order(self) -> None:
        (x,) = arrays([2, 1, 2, 1])
        assert ops.argsort(x, 0).data.tolist() == [1, 3, 0, 2]
        assert ops.argsort(x, 0, descending=True).data.tolist() == [0, 2, 1, 3]

    def test_not_a_number_is_greatest(self) -> None:
        (x,) = arrays([1, np.nan, 2])
        assert_array_equal(ops.sort(x, 0).data, [1, 2, np.nan])
        assert_array_equal(ops.sort(x, 0, descending=True).data, [np.nan, 2, 1])

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("axis", [0, 1, -1])
    def test_positions_and_elements_agree(self, axis: int, descending: bool) -> None:
        (x,) = arrays(X)
        positions = ops.argsort(x, axis, descending)
        assert_array_equal(
            np.take_along_axis(X, positions.data, axis), ops.sort(x, axis, descending).data
        )

    def test_unsigned_integers_fall_too(self) -> None:
        (x,) = arrays([0, 255, 3], dtype="uint8")
        assert ops.sort(x, 0, descending=True).data.tolist() == [255, 3, 0]
