"""Elementwise operations: numbers agree with NumPy and SciPy, and the rules at points where one must choose."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

from bifront.compiler import ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.errors import AttributeValueError, DivisionByZero, DTypeError, ShapeError
from bifront.compiler.ir import TensorType, dtype_of, symbol

from .derivatives import arrays, gradients

X = np.array([[-2.5, -1.0, -0.3], [0.0, 0.7, 3.0]])
POSITIVE = np.array([[0.1, 0.5, 1.0], [1.5, 2.0, 40.0]])
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
Y = np.array([[1.5, -2.0, 0.4], [-0.6, 2.0, 3.0]])

ONE = {
    "neg": (X, lambda x: -x),
    "absolute": (X, abs),
    "sign": (X, np.sign),
    "floor": (X, np.floor),
    "ceil": (X, np.ceil),
    "round_": (np.array([-1.5, -0.5, 0.5, 1.5, 2.5, 0.7]), lambda x: [-2, -0.0, 0, 2, 2, 1]),
    "relu": (X, lambda x: np.where(x > 0, x, 0)),
    "exp": (X, np.exp),
    "expm1": (X * 1e-5, np.expm1),
    "log": (POSITIVE, np.log),
    "log1p": (POSITIVE * 1e-5, np.log1p),
    "sqrt": (POSITIVE, np.sqrt),
    "rsqrt": (POSITIVE, lambda x: x**-0.5),
    "tanh": (X, np.tanh),
    "sigmoid": (X, special.expit),
    "erf": (X, special.erf),
    "sin": (X, np.sin),
    "cos": (X, np.cos),
    "tan": (X, np.tan),
    "arctan": (X, np.arctan),
    "isnan": (SPECIAL, np.isnan),
    "isinf": (SPECIAL, np.isinf),
    "isfinite": (SPECIAL, np.isfinite),
}
TWO = {
    "add": (X, Y, X + Y),
    "sub": (X, Y, X - Y),
    "mul": (X, Y, X * Y),
    "div": (X, Y, X / Y),
    "floordiv": (X, Y, np.floor(X / Y)),
    "mod": (X, Y, X - np.floor(X / Y) * Y),
    "pow": (POSITIVE, Y, POSITIVE**Y),
    "maximum": (X, Y, np.where(X > Y, X, Y)),
    "minimum": (X, Y, np.where(X < Y, X, Y)),
    "arctan2": (X, Y, np.arctan2(X, Y)),
    "eq": (X, np.rint(X), np.array([[False, True, False], [True, False, True]])),
    "ne": (X, np.rint(X), np.array([[True, False, True], [False, True, False]])),
    "lt": (X, Y, np.array([[True, False, True], [False, True, False]])),
    "le": (X, Y, np.array([[True, False, True], [False, True, True]])),
    "gt": (X, Y, np.array([[False, True, False], [True, False, False]])),
    "ge": (X, Y, np.array([[False, True, False], [True, False, True]])),
}


def value(y: object) -> np.ndarray:
    return np.asarray(y.data)  # type: ignore[attr-defined]


class TestNumbers:
    @pytest.mark.parametrize("name", ONE)
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_of_one_tensor(self, name: str, dtype: str) -> None:
        given, expected = ONE[name]
        x = given.astype(dtype)
        y = value(getattr(ops, name)(*arrays(x, dtype=dtype)))
        assert y.dtype == ("bool" if name.startswith("is") else dtype)
        assert_allclose(
            y, expected(x.astype(np.float64)), rtol=1e-6 if dtype == "float32" else 1e-14
        )

    @pytest.mark.parametrize("name", TWO)
    def test_of_two_tensors(self, name: str) -> None:
        a, b, expected = TWO[name]
        assert_allclose(value(getattr(ops, name)(*arrays(a, b))), expected, rtol=1e-14)

    @pytest.mark.parametrize(
        "name", ["add", "sub", "mul", "div", "pow", "maximum", "lt", "arctan2"]
    )
    def test_a_python_number_takes_the_type_of_the_tensor(self, name: str) -> None:
        (x,) = arrays(POSITIVE, dtype="float32")
        (two,) = arrays(2.5, dtype="float32")
        function = getattr(ops, name)
        for found, expected in (
            (function(x, 2.5), function(x, two)),
            (function(2.5, x), function(two, x)),
        ):
            assert found.dtype is expected.dtype
            assert_array_equal(found.data, expected.data)

    def test_logic(self) -> None:
        a, b = arrays([0, 0, 1, 1], [0, 1, 0, 1], dtype="bool")
        assert value(ops.logical_and(a, b)).tolist() == [False, False, False, True]
        assert value(ops.logical_or(a, b)).tolist() == [False, True, True, True]
        assert value(ops.logical_xor(a, b)).tolist() == [False, True, True, False]
        assert value(ops.logical_not(a)).tolist() == [True, True, False, False]

    def test_where_and_clip(self) -> None:
        x, y = arrays(X, Y)
        assert_array_equal(value(ops.where(ops.gt(x, y), x, y)), np.maximum(X, Y))
        assert_array_equal(value(ops.clip(x, -1, 0.5)), np.clip(X, -1, 0.5))
        assert_array_equal(value(ops.clip(x, None, 0.5)), np.minimum(X, 0.5))
        assert_array_equal(value(ops.clip(x, 1.0, -1.0)), np.full_like(X, -1.0))

    def test_cast(self) -> None:
        (x,) = arrays(X)
        assert value(ops.cast(x, dtype_of("int32"))).tolist() == [[-2, -1, 0], [0, 0, 3]]
        assert value(ops.cast(x, dtype_of("bool"))).tolist() == [
            [True, True, True],
            [False, True, True],
        ]
        assert ops.cast(x, dtype_of("float64")) is x

    def test_sigmoid_and_tanh_of_large_numbers(self) -> None:
        for dtype in ("float16", "float32", "float64"):
            (x,) = arrays([-1000, -50, 50, 1000], dtype=dtype)
            y = value(ops.sigmoid(x))
            assert_allclose(y[[0, 2, 3]], [0, 1, 1], atol=1e-7)
            if dtype != "float16":
                assert_allclose(y[1], np.exp(-50.0), rtol=1e-6)
            assert_array_equal(value(ops.tanh(x)), [-1, -1, 1, 1])

    def test_erf_of_float16_is_computed_in_float32(self) -> None:
        (x,) = arrays([0.5, -1], dtype="float16")
        y = ops.erf(x)
        assert str(y.type) == "f16[2]"
        assert_allclose(value(y), special.erf([0.5, -1]), rtol=1e-3)

    def test_not_a_number_passes_through_maximum_and_clip(self) -> None:
        x, zero = arrays([np.nan, 1.0], 0.0)
        for y in (ops.maximum(x, zero), ops.minimum(zero, x), ops.clip(x, 0, 2), ops.relu(x)):
            assert np.isnan(value(y)[0])

    def test_what_has_no_finite_value_is_infinite_or_not_a_number(self) -> None:
        x, zero = arrays([-1.0, 0.0, 1000.0], 0.0)
        assert_array_equal(value(ops.log(x))[:2], [np.nan, -np.inf])
        assert value(ops.exp(x))[2] == np.inf
        assert_array_equal(value(ops.div(x, zero)), [-np.inf, np.nan, np.inf])

    @pytest.mark.parametrize(
        "op",
        [ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.EXP, ops.TANH, ops.MAXIMUM, ops.GT],
        ids=repr,
    )
    def test_frequent_operations_are_bare_ufuncs(self, op: ops.Op) -> None:
        assert isinstance(op.evaluate, np.ufunc)


class TestIntegers:
    def test_division_rounds_down_and_the_remainder_has_the_sign_of_the_divisor(self) -> None:
        a, b = arrays([7, -7, 7, -7], [2, 2, -2, -2], dtype="int32")
        assert value(ops.floordiv(a, b)).tolist() == [3, -4, -4, 3]
        assert value(ops.mod(a, b)).tolist() == [1, 1, -1, -1]
        assert ops.mod(a, b).dtype is dtype_of("int32")

    @pytest.mark.parametrize("name", ["floordiv", "mod"])
    @pytest.mark.parametrize("dtype", ["int32", "uint8"])
    def test_division_by_zero_names_the_operation_and_the_line(self, name: str, dtype: str) -> None:
        a, b = arrays([6, 7], [3, 0], dtype=dtype)
        for divisor in (b, 0):
            with pytest.raises(
                DivisionByZero, match=f"^{name}: integer division by zero"
            ) as caught:
                getattr(ops, name)(a, divisor)
            assert "test_elementwise.py" in str(caught.value)
            assert isinstance(caught.value, ZeroDivisionError)

    def test_a_negative_power_of_an_integer_says_where(self) -> None:
        a, b = arrays([2], [-1], dtype="int64")
        with pytest.raises(ValueError, match="negative integer powers") as caught:
            ops.pow(a, b)
        assert str(caught.value).startswith("pow: ")
        assert "test_elementwise.py" in str(caught.value)


class TestGradientsWhereOneMustChoose:
    def test_relu_and_absolute_at_zero(self) -> None:
        assert_array_equal(gradients(ops.relu, [-1, 0, 2])[0], [0, 0, 1])
        assert_array_equal(gradients(ops.absolute, [-1, 0, 2])[0], [-1, 0, 1])

    def test_staircases_are_flat(self) -> None:
        for f in (ops.sign, ops.floor, ops.ceil, ops.round_):
            assert_array_equal(gradients(f, [-1.5, 0, 2.2])[0], [0, 0, 0])

    def test_equal_operands_share_the_gradient(self) -> None:
        for f, first in ((ops.maximum, [0, 0.5, 1]), (ops.minimum, [1, 0.5, 0])):
            a, b = gradients(f, [1, 2, 3], [2, 2, 2])
            assert_array_equal(a, first)
            assert_array_equal(b, 1 - np.array(first))

    def test_clip_lets_the_gradient_through_at_its_bounds(self) -> None:
        found = gradients(lambda x: ops.clip(x, -1, 1), [-2, -1, 0, 1, 2])
        assert_array_equal(found[0], [0, 1, 1, 1, 0])

    def test_power_at_zero(self) -> None:
        base, exponent = gradients(ops.pow, [0, 0, 0, 2], [0, 1, 2, 0])
        assert_array_equal(base, [0, 1, 0, 0])
        assert_allclose(exponent, [0, 0, 0, np.log(2)])

    def test_power_of_a_negative_base(self) -> None:
        base, exponent = gradients(ops.pow, [-2.0], [3.0])
        assert_allclose(base, [12.0])
        assert np.isnan(exponent).all()

    def test_second_derivatives_of_power_at_zero_are_finite(self) -> None:
        (found,) = gradients(lambda x: ops.pow(x, arrays([0, 1, 2, 3])[0]), [0, 0, 0, 0], order=2)
        assert_array_equal(found, [0, 0, 2, 0])

    def test_where_does_not_let_the_other_branch_spoil_the_gradient(self) -> None:
        def safe_log(x):
            positive = ops.gt(x, 0)
            return ops.where(positive, ops.log(ops.where(positive, x, ops.ones_like(x))), x)

        assert_array_equal(gradients(safe_log, [0, 2])[0], [1, 0.5])

    def test_nothing_flows_through_stop_gradient(self) -> None:
        assert_array_equal(gradients(lambda x: ops.mul(x, ops.stop_gradient(x)), [3.0])[0], [3.0])


class TestGraphs:
    def test_common_powers_are_products_and_roots(self) -> None:
        builder = Building()
        x = builder.input(TensorType(dtype_of("float32"), (3,)))
        with using(builder):
            names = [ops.pow(x, p).producer.op.name for p in (2, 2.0, 3, 0.5, -0.5, -1, 4, 1.5)]
        assert names == ["mul", "mul", "mul", "sqrt", "rsqrt", "div", "pow", "pow"]

    def test_symbols_broadcast(self) -> None:
        n = symbol("n")
        f32 = dtype_of("float32")
        y = ops.ADD.infer(TensorType(f32, (n, 1)), TensorType(f32, (4,)))
        assert y == TensorType(f32, (n, 4))


def types(*texts: str) -> list[TensorType]:
    """``f32:2,3`` as a type."""
    found = []
    for text in texts:
        dtype, _, shape = text.partition(":")
        found.append(TensorType(dtype_of(dtype), tuple(int(d) for d in shape.split(",") if d)))
    return found


class TestRejections:
    @pytest.mark.parametrize(
        "name", ["EXP", "LOG", "SQRT", "TANH", "SIGMOID", "ERF", "FLOOR", "ROUND"]
    )
    @pytest.mark.parametrize("dtype", ["i32", "bool", "u8"])
    def test_float_functions_of_other_types(self, name: str, dtype: str) -> None:
        with pytest.raises(DTypeError, match=rf"needs a floating-point tensor, not {dtype}\[3\]"):
            getattr(ops, name).infer(*types(f"{dtype}:3"))

    @pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "MAXIMUM", "MOD", "POW"])
    def test_arithmetic_of_bool(self, name: str) -> None:
        with pytest.raises(DTypeError, match=r"needs numbers, not bool\[3\]"):
            getattr(ops, name).infer(*types("bool:3", "bool:3"))

    def test_division_of_integers(self) -> None:
        with pytest.raises(DTypeError, match=r"not i32\[3\]"):
            ops.DIV.infer(*types("i32:3", "i32:3"))

    @pytest.mark.parametrize("name", ["ADD", "LT", "ARCTAN2"])
    def test_two_element_types(self, name: str) -> None:
        with pytest.raises(DTypeError, match=r"element types differ: f32\[3\] and f64\[3\]"):
            getattr(ops, name).infer(*types("f32:3", "f64:3"))

    def test_shapes_that_do_not_broadcast(self) -> None:
        with pytest.raises(ShapeError, match=r"\[2, 3\] and \[4\] do not broadcast: 3 against 4"):
            ops.MUL.infer(*types("f32:2,3", "f32:4"))

    def test_a_condition_that_is_not_bool(self) -> None:
        with pytest.raises(DTypeError, match=r"needs bool, not f32\[3\]"):
            ops.WHERE.infer(*types("f32:3", "f32:3", "f32:3"))

    def test_fractional_bounds_of_integers(self) -> None:
        with pytest.raises(DTypeError, match=r"must be whole numbers, not 0\.5 and None"):
            ops.CLIP.infer(*types("i32:3"), low=0.5, high=None)

    def test_float16_to_erf(self) -> None:
        with pytest.raises(DTypeError, match="needs float32 or float64"):
            ops.ERF.infer(*types("f16:3"))

    def test_an_eager_mistake_names_the_operation_its_line_and_its_operands(self) -> None:
        a, b = arrays(np.ones((2, 3)), np.ones(4))
        with pytest.raises(ShapeError) as caught:
            ops.add(a, b)
        text = str(caught.value)
        assert text.startswith("add: shapes [2, 3] and [4] do not broadcast")
        assert "test_elementwise.py" in text
        assert "ops.add(a, b)" in text
        assert "operand 2 is f64[4]" in text
        assert isinstance(caught.value, AttributeValueError | ValueError)
