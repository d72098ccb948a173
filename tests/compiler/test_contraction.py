"""Matrix products: batches, flags, half precision, and gradients without transposes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bifront.compiler.autodiff import vjp
from bifront.compiler.errors import DTypeError, ShapeError
from bifront.compiler.ir import symbol
from bifront.compiler.ops import matmul

from .support import build, names, shape_of, value

batch = symbol("batch")
FLAGS = list(itertools.product((False, True), repeat=2))


@pytest.mark.parametrize(("ta", "tb"), FLAGS)
@pytest.mark.parametrize(
    ("a", "b"), [((), ()), ((5,), (5,)), ((5,), ()), ((), (5,)), ((2, 1), (3,)), ((0,), ())]
)
def test_is_numpys(a, b, ta, tb) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((*a, 4, 3) if ta else (*a, 3, 4))
    y = rng.standard_normal((*b, 2, 4) if tb else (*b, 4, 2))
    expected = (x.swapaxes(-1, -2) if ta else x) @ (y.swapaxes(-1, -2) if tb else y)
    np.testing.assert_allclose(matmul(value(x), value(y), ta, tb).data, expected, rtol=1e-12)


@pytest.mark.parametrize(("ta", "tb"), FLAGS)
def test_outer_products_are_exact_and_row_major(ta, tb) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 1, 3) if ta else (2, 3, 1)).astype(np.float32)
    y = rng.standard_normal((4, 1) if tb else (1, 4)).astype(np.float32)
    found = matmul(value(x), value(y), ta, tb).data
    assert found.flags.c_contiguous
    assert (found == x.reshape(2, 3, 1) * y.reshape(1, 1, 4)).all()


@pytest.mark.parametrize(("ta", "tb"), FLAGS)
def test_gradients_choose_flags_instead_of_transposing(ta, tb) -> None:
    a, b = ((4, 3) if ta else (3, 4)), ((2, 4) if tb else (4, 2))
    gradient = vjp(build(lambda x, y: matmul(x, y, ta, tb), a, b))
    assert names(gradient) == ["matmul", "matmul"]


def test_the_gradient_of_shared_weights_is_one_product() -> None:
    gradient = vjp(build(matmul, (batch, 7, 4), (4, 2)), [1])
    assert [n for n in names(gradient) if n != "reshape"] == ["matmul"]
    assert gradient.outputs[0].shape == (4, 2)


def test_symbolic() -> None:
    assert shape_of(matmul, (batch, 4), (4, 2)) == (batch, 2)
    assert shape_of(matmul, (batch, 1, 3, 4), (5, 4, batch)) == (batch, 5, 3, batch)


def test_half_precision_is_summed_in_single() -> None:
    x = np.full((1, 4096), 1, np.float16)
    found = matmul(value(x), value(x), False, True)
    assert found.dtype.name == "float16"
    assert found.data.item() == 4096


def test_inner_dimensions_differ() -> None:
    with pytest.raises(ShapeError, match=r"f64\[3, 4\] by f64\[3, 2\]: inner dimensions 4 and 3"):
        matmul(value(np.zeros((3, 4))), value(np.zeros((3, 2))))
    with pytest.raises(ShapeError, match="inner dimensions 1 and 3 differ"):
        matmul(value(np.zeros((3, 1))), value(np.zeros((3, 2))))
    with pytest.raises(ShapeError, match=r"\(the second transposed\): .* 4 and 3"):
        matmul(value(np.zeros((3, 4))), value(np.zeros((2, 3))), False, True)


def test_types_differ() -> None:
    with pytest.raises(DTypeError, match="element types differ"):
        matmul(value(np.zeros((2, 2))), value(np.zeros((2, 2), np.float32)))


def test_vectors_are_refused() -> None:
    with pytest.raises(ShapeError, match="second dimension"):
        matmul(value(np.zeros((2, 2))), value(np.zeros(2)))
