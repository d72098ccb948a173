"""Normalization, products, windows, resizing, matrices: against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bifront.compiler import library
from bifront.compiler.autodiff import specialize, vjp
from bifront.compiler.errors import AttributeValueError, ShapeError
from bifront.compiler.ir import TensorType, dtype_of, symbol

from .support import build, gradients, names, numeric_gradients, shape_of, value

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((3, 4, 5, 6))
VECTOR = RNG.standard_normal(4)
batch = symbol("batch")
float64 = dtype_of("float64")


def standardized(x, axes, epsilon=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


class TestNormalization:
    def test_layer_norm(self) -> None:
        scale, shift = RNG.standard_normal((2, 6))
        found = library.layer_norm(value(IMAGES), -1, value(scale), value(shift)).data
        np.testing.assert_allclose(found, standardized(IMAGES, -1) * scale + shift, atol=1e-12)

    def test_rms_norm(self) -> None:
        size = np.sqrt((IMAGES**2).mean(-1, keepdims=True) + 1e-6)
        np.testing.assert_allclose(library.rms_norm(value(IMAGES)).data, IMAGES / size)

    @pytest.mark.parametrize("axis", [1, -1])
    def test_batch_norm_by_its_own_statistics(self, axis) -> None:
        x = np.moveaxis(IMAGES, 1, axis)
        others = tuple(a for a in range(4) if a != axis % 4)
        scale = value(VECTOR)
        y, center, variance = library.batch_norm(value(x), None, None, scale, scale, axis=axis)
        across = VECTOR.reshape([-1 if a == axis % 4 else 1 for a in range(4)])
        np.testing.assert_allclose(y.data, standardized(x, others) * across + across, atol=1e-12)
        np.testing.assert_allclose(center.data, x.mean(others))
        np.testing.assert_allclose(variance.data, x.var(others))

    def test_batch_norm_by_given_statistics(self) -> None:
        spread = VECTOR**2
        y, _, _ = library.batch_norm(value(IMAGES), value(VECTOR), value(spread))
        across = VECTOR[:, None, None]
        np.testing.assert_allclose(y.data, (IMAGES - across) / np.sqrt(across**2 + 1e-5))

    def test_group_and_instance_norm(self) -> None:
        grouped = standardized(IMAGES.reshape(3, 2, 60), -1).reshape(IMAGES.shape)
        found = library.group_norm(value(IMAGES), 2, value(VECTOR)).data
        np.testing.assert_allclose(found, grouped * VECTOR[:, None, None], atol=1e-12)
        found = library.instance_norm(value(IMAGES)).data
        np.testing.assert_allclose(found, standardized(IMAGES, (2, 3)), atol=1e-12)
        with pytest.raises(ShapeError, match="4 channels do not divide into 3 groups"):
            library.group_norm(value(IMAGES), 3)

    def test_batch_norm_of_a_symbolic_batch(self) -> None:
        def train(x):
            return library.batch_norm(x, None, None)[0]

        symbolic, concrete = build(train, (batch, 4)), build(train, (8, 4))
        assert specialize(symbolic, {"batch": 8}).fingerprint() == concrete.fingerprint()

    def test_local_response(self) -> None:
        found = library.local_response_norm(value(IMAGES), (1, 1), 2.0, 0.3, 0.75).data
        squares = np.pad(IMAGES**2, ((0, 0), (1, 1), (0, 0), (0, 0)))
        sums = squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]
        np.testing.assert_allclose(found, IMAGES / (2 + 0.3 * sums) ** 0.75)

    def test_moving_average(self) -> None:
        assert library.moving_average(value(2.0), value(4.0), 0.25).data == 2.5


class TestDropout:
    KEY = value(np.array([7, 0]))

    def test_what_is_kept_is_scaled_up(self) -> None:
        x = np.ones((100, 100), np.float32)
        y = library.dropout(value(x), self.KEY, 0.25).data
        assert y.dtype == np.float32
        assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
        assert np.mean(y == 0) == pytest.approx(0.25, abs=0.02)

    def test_the_gradient_falls_where_the_element_was_kept(self) -> None:
        x = np.ones((10, 10))
        y = library.dropout(value(x), self.KEY, 0.5).data
        (g,) = gradients(lambda v: library.dropout(v, self.KEY, 0.5), x)
        assert np.array_equal(g, y)

    def test_noise_may_be_shared(self) -> None:
        y = library.dropout(value(np.ones((5, 8))), self.KEY, 0.5, (5, 1)).data
        assert (y == y[:, :1]).all()

    def test_nothing_and_everything(self) -> None:
        x = value(np.ones(3))
        assert library.dropout(x, self.KEY, 0) is x
        assert not library.dropout(x, self.KEY, 1).data.any()
        with pytest.raises(AttributeValueError, match=r"between 0 and 1, got 1\.5"):
            library.dropout(x, self.KEY, 1.5)


class TestProducts:
    @pytest.mark.parametrize("lead", [(), (5,), (2, 5), (0,)])
    def test_linear(self, lead) -> None:
        x, w, b = RNG.standard_normal((*lead, 3)), RNG.standard_normal((4, 3)), VECTOR
        found = library.linear(value(x), value(w), value(b))
        np.testing.assert_allclose(found.data, x @ w.T + b)
        found = library.linear(value(x), value(w.T.copy()), transpose_w=False)
        np.testing.assert_allclose(found.data, x @ w.T)

    def test_linear_is_one_product_and_so_is_each_gradient(self) -> None:
        graph = build(library.linear, (batch, 7, 4), (2, 4), (2,))
        assert names(graph) == ["reshape", "matmul", "add", "reshape"]
        assert names(vjp(graph)).count("matmul") == 2

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (4, 3, 2)), ((4, 2, 3), (3,)),
            ((2, 1, 2, 3), (4, 3, 2)),
        ],
    )  # fmt: skip
    def test_vectors_and_matrices(self, a, b) -> None:
        a, b = RNG.standard_normal(a), RNG.standard_normal(b)
        found = library.vector_matmul(value(a), value(b))
        np.testing.assert_allclose(found.data, a @ b)

    def test_scalars_have_no_matrix_product(self) -> None:
        with pytest.raises(ShapeError, match=r"multiply by a scalar with \*"):
            library.vector_matmul(value(1.0), value(VECTOR))
        with pytest.raises(ShapeError, match="two vectors of one length"):
            library.dot(value(VECTOR), value(np.ones(1)))

    def test_bilinear(self) -> None:
        a, b = RNG.standard_normal((2, 5, 3)), RNG.standard_normal((2, 5, 4))
        w = RNG.standard_normal((6, 3, 4))
        found = library.bilinear(value(a), value(b), value(w)).data
        np.testing.assert_allclose(found, np.einsum("bsn,onm,bsm->bso", a, w, b))


EQUATIONS = {
    "ij,jk->ik": ((2, 3), (3, 4)),
    "ij,kj->ik": ((2, 3), (4, 3)),
    "ji,jk->ik": ((3, 2), (3, 4)),
    "ij,jk->ki": ((2, 3), (3, 4)),
    "ij,jk": ((2, 3), (3, 4)),
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 5)),
    "bqhd,bkhd->bhqk": ((2, 4, 3, 5), (2, 6, 3, 5)),
    "i,j->ij": ((3,), (4,)),
    "i,i->": ((3,), (3,)),
    "ij->ji": ((2, 3),),
    "ij->": ((2, 3),),
    "ii->i": ((3, 3),),
    "ii": ((3, 3),),
    "iij->j": ((3, 3, 2),),
    "ijk,ijk->ik": ((2, 3, 4), (2, 3, 4)),
    "ij,k->": ((2, 3), (4,)),
    "...ij,...jk->...ik": ((2, 1, 3, 4), (5, 4, 2)),
    "...i->...": ((2, 3),),
    "i...,i...": ((3, 2), (3, 2)),
    "ab,b,a->ab": ((2, 3), (3,), (2,)),
    "bn,anm,bm->ba": ((2, 3), (4, 3, 5), (2, 5)),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 5)),
}


class TestEinsum:
    @pytest.mark.parametrize("equation", EQUATIONS)
    def test_values_and_gradients(self, equation) -> None:
        xs = [RNG.standard_normal(s) for s in EQUATIONS[equation]]

        def function(*values):
            return library.einsum(equation, *values)

        found = function(*map(value, xs)).data
        np.testing.assert_allclose(found, np.einsum(equation, *xs), atol=1e-12)
        for a, b in zip(gradients(function, *xs), numeric_gradients(function, *xs), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-7)

    @pytest.mark.parametrize(
        "equation",
        ["ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ij,jk->ki", "bij,bjk->bik", "bij,bkj->bik"],
    )
    def test_a_plain_product_is_one_node(self, equation) -> None:
        a, b = ((2, 3, 3), (2, 3, 3)) if equation[0] == "b" else ((3, 3), (3, 3))
        assert names(build(lambda x, y: library.einsum(equation, x, y), a, b)) == ["matmul"]

    def test_symbolic(self) -> None:
        shape = shape_of(
            lambda a, b: library.einsum("bqhd,bkhd->bhqk", a, b), (batch, 4, 3, 5), (batch, 6, 3, 5)
        )
        assert shape == (batch, 3, 4, 6)

    @pytest.mark.parametrize(
        ("equation", "error", "message"),
        [
            ("ij,jk->ik", AttributeValueError, "names 2 operands, but there are 1"),
            ("ijk->i", AttributeValueError, "'ijk' does not label the 2 axes"),
            ("ij->k", AttributeValueError, "'k' occurs in no operand"),
            ("ij->ii", AttributeValueError, "a letter occurs twice"),
            ("ii->i", ShapeError, "'i' is both 2 and 3"),
        ],
    )
    def test_equations_that_do_not_fit(self, equation, error, message) -> None:
        with pytest.raises(error, match=message):
            library.einsum(equation, value(np.zeros((2, 3))))

    def test_extents_that_differ(self) -> None:
        with pytest.raises(ShapeError, match="'j' is both 3 and 4"):
            library.einsum("ij,jk->ik", value(np.zeros((2, 3))), value(np.zeros((4, 2))))

    @pytest.mark.parametrize("axes", [0, 1, 2, ([1, 0], [0, 1]), ([-1], [-2])])
    def test_tensordot(self, axes) -> None:
        a, b = RNG.standard_normal((3, 3, 3)), RNG.standard_normal((3, 3, 3))
        found = library.tensordot(value(a), value(b), axes).data
        np.testing.assert_allclose(found, np.tensordot(a, b, axes))


class TestWindows:
    @given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 5), st.integers(1, 3))
    def test_same_padding_gives_one_position_for_each_stride(
        self, size, window, stride, dilation
    ) -> None:
        ((lo, hi),) = library.named_padding("SAME", (size,), (window,), (stride,), (dilation,))
        reach = dilation * (window - 1) + 1
        assert (size + lo + hi - reach) // stride + 1 == -(-size // stride)
        assert 0 <= hi - lo <= 1 or hi == lo == 0

    def test_same_padding_of_a_symbolic_axis(self) -> None:
        assert library.named_padding("same", (batch,), (3,), (1,)) == ((1, 1),)
        assert library.named_padding("VALID", (batch,), (3,), (2,)) == ((0, 0),)
        with pytest.raises(ShapeError, match="depends on the extent of the axis, which is batch"):
            library.named_padding("SAME", (batch,), (3,), (2,))
        with pytest.raises(AttributeValueError, match="'SAME' or 'VALID'"):
            library.named_padding("FULL", (4,), (3,), (2,))

    def test_the_mean_may_count_padding_or_not(self) -> None:
        x = value(np.ones((1, 1, 4)))
        how = ((3,), (1,), ((1, 1),))
        assert library.avg_pool(x, *how).data[0, 0] == pytest.approx([2 / 3, 1, 1, 2 / 3])
        assert library.avg_pool(x, *how, counted=((0, 0),)).data[0, 0].tolist() == [1, 1, 1, 1]
        assert library.avg_pool(x, *how, divisor=2).data[0, 0].tolist() == [1, 1.5, 1.5, 1]

    @pytest.mark.parametrize("extents", [(1, 1), (5, 6), (2, 3), (3, 4)])
    def test_adaptive(self, extents) -> None:
        rows = [(i * 5 // extents[0], -(-(i + 1) * 5 // extents[0])) for i in range(extents[0])]
        columns = [(i * 6 // extents[1], -(-(i + 1) * 6 // extents[1])) for i in range(extents[1])]
        parts = [[IMAGES[:, :, a:b, c:d] for c, d in columns] for a, b in rows]
        for function, reduce in (
            (library.adaptive_avg_pool, np.mean),
            (library.adaptive_max_pool, np.max),
        ):
            expected = np.array([[reduce(p, axis=(2, 3)) for p in row] for row in parts])
            found = function(value(IMAGES), extents).data
            np.testing.assert_allclose(found, expected.transpose(2, 3, 0, 1))


class TestResize:
    def test_nearest_repeats(self) -> None:
        found = library.resize(value(IMAGES), (10, 12), "nearest").data
        assert np.array_equal(found, IMAGES.repeat(2, 2).repeat(2, 3))

    @pytest.mark.parametrize("method", ["nearest", "linear", "cubic"])
    def test_corners_stay(self, method) -> None:
        found = library.resize(value(IMAGES), (9, 4), method, "corners").data
        ends = np.ix_(range(3), range(4), [0, -1], [0, -1])
        np.testing.assert_allclose(found[ends], IMAGES[ends], atol=1e-12)

    @pytest.mark.parametrize(
        ("grid", "expected"),
        [
            ("centers", [0, 0.25, 0.75, 1.25, 1.75, 2]),
            ("legacy", [0, 0.5, 1, 1.5, 2, 2]),
            ("corners", [0, 0.4, 0.8, 1.2, 1.6, 2]),
        ],
    )
    def test_grids(self, grid, expected) -> None:
        ramp = value(np.arange(3.0).reshape(1, 1, 3))
        found = library.resize(ramp, (6,), "linear", grid).data[0, 0]
        np.testing.assert_allclose(found, expected, atol=1e-12)

    def test_cubic_weights_keep_constants(self) -> None:
        found = library.resize(value(np.ones((1, 1, 7, 5))), (3, 11), "cubic").data
        np.testing.assert_allclose(found, 1)

    def test_the_same_size_is_the_same_value(self) -> None:
        x = value(IMAGES)
        assert library.resize(x, (5, 6)) is x

    def test_errors(self) -> None:
        with pytest.raises(AttributeValueError, match="methods are nearest, linear and cubic"):
            library.resize(value(IMAGES), (2, 2), "area")
        with pytest.raises(ShapeError, match="known extent, not batch"):
            build(lambda x: library.resize(x, (4,)), (1, 1, batch))


class TestMatrices:
    @pytest.mark.parametrize("offset", [-2, -1, 0, 1, 3])
    def test_triangles_and_diagonals(self, offset) -> None:
        x = IMAGES[0]
        assert np.array_equal(library.lower_triangle(value(x), offset).data, np.tril(x, offset))
        assert np.array_equal(library.upper_triangle(value(x), offset).data, np.triu(x, offset))
        assert np.array_equal(
            library.diag_part(value(x), offset).data, np.diagonal(x, offset, 1, 2)
        )
        assert np.array_equal(library.diag(value(VECTOR), offset).data, np.diag(VECTOR, offset))

    def test_eye_and_trace(self) -> None:
        assert np.array_equal(library.eye(2, 3, float64).data, np.eye(2, 3))
        assert library.trace(library.eye(3, dtype=float64)).data == 3
        assert shape_of(lambda x: library.eye(x.shape[0]), (batch,)) == (batch, batch)

    def test_ranges(self) -> None:
        assert library.arange(2, 3, -0.5, float64).data.tolist() == [2, 1.5, 1]
        assert np.allclose(library.linspace(-1, 2, 7, float64).data, np.linspace(-1, 2, 7))
        assert library.linspace(0.1, 0.7, 5, float64).data[-1] == 0.7
        assert library.linspace(3, 9, 1, float64).data.tolist() == [3]

    def test_sequences(self) -> None:
        found = library.sequence_mask(value(np.array([1, 0, 3])), 3).data
        assert found.tolist() == [[True, False, False], [False] * 3, [True] * 3]
        lengths = TensorType(dtype_of("int32"), (batch,))
        assert shape_of(lambda n: library.sequence_mask(n, 5), lengths) == (batch, 5)
