"""Convolution against its definition, in every layout; its adjoints; its errors."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bifront.compiler.autodiff import vjp
from bifront.compiler.errors import AttributeValueError, DTypeError, ShapeError
from bifront.compiler.ir import symbol
from bifront.compiler.ops import conv, conv_filter_grad, conv_input_grad
from bifront.compiler.ops.im2col import SMALL

from .support import build, names, shape_of, value

batch = symbol("batch")


def by_definition(x, w, strides, padding, dilation, groups):
    """Every result element as the sum that defines it."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    kernel = w.shape[2:]
    extents = [
        (d - t * (k - 1) - 1) // s + 1
        for d, k, s, t in zip(x.shape[2:], kernel, strides, dilation, strict=True)
    ]
    y = np.zeros((x.shape[0], w.shape[0], *extents))
    per_group = w.shape[0] // groups
    for o, place in product(range(w.shape[0]), product(*map(range, extents))):
        first = o // per_group * w.shape[1]
        seen = [
            slice(p * s, p * s + t * (k - 1) + 1, t)
            for p, s, k, t in zip(place, strides, kernel, dilation, strict=True)
        ]
        window = x[(slice(None), slice(first, first + w.shape[1]), *seen)]
        y[(slice(None), o, *place)] = (window * w[o]).sum(axis=tuple(range(1, x.ndim)))
    return y


PLAIN = ((1, 1), ((0, 0), (0, 0)), (1, 1), 1)
CASES = {
    "one image": ((1, 3, 6, 5), (4, 3, 3, 2), PLAIN),
    "small images": ((7, 2, 5, 5), (3, 2, 3, 3), PLAIN),
    "large images": ((5, 2, 14, 13), (3, 2, 3, 3), PLAIN),
    "many blocks": ((9, 6, 72, 72), (2, 6, 3, 3), PLAIN),
    "strides": ((3, 2, 12, 15), (3, 2, 3, 3), ((2, 3), ((1, 1), (0, 2)), (1, 1), 1)),
    "dilation": ((3, 2, 17, 9), (3, 2, 3, 3), ((1, 2), ((2, 2), (1, 3)), (3, 2), 1)),
    "groups": ((3, 6, 12, 12), (4, 3, 3, 3), ((1, 1), ((1, 1), (1, 1)), (1, 1), 2)),
    "depthwise": ((3, 4, 7, 7), (8, 1, 3, 3), ((1, 1), ((1, 1), (1, 1)), (1, 1), 4)),
    "one dimension": ((4, 3, 20), (5, 3, 4), ((2,), ((2, 1),), (2,), 1)),
    "three dimensions": (
        (2, 2, 4, 5, 3), (3, 2, 2, 3, 2),
        ((1, 2, 1), ((0, 0), (1, 0), (0, 1)), (1, 1, 1), 1),
    ),
    "a filter as large as the image": ((3, 2, 4, 4), (5, 2, 4, 4), PLAIN),
    "pointwise": ((3, 4, 9, 9), (2, 4, 1, 1), PLAIN),
}  # fmt: skip
every_case = pytest.mark.parametrize(("x", "w", "how"), CASES.values(), ids=CASES)


@every_case
def test_is_what_the_definition_says(x, w, how) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(x), rng.standard_normal(w)
    np.testing.assert_allclose(
        conv(value(x), value(w), *how).data, by_definition(x, w, *how), atol=1e-10
    )


@every_case
def test_the_three_are_adjoint(x, w, how) -> None:
    """<conv(x, w), g> == <x, conv_input_grad(g, w)> == <w, conv_filter_grad(x, g)>."""
    rng = np.random.default_rng(0)
    x, w = value(rng.standard_normal(x)), value(rng.standard_normal(w))
    y = conv(x, w, *how)
    g = value(rng.standard_normal(y.shape))
    whole = float(np.sum(y.data * g.data))
    back = conv_input_grad(g, w, x.shape[2:], *how)
    filters = conv_filter_grad(x, g, w.shape[2:], *how)
    assert float(np.sum(back.data * x.data)) == pytest.approx(whole, rel=1e-9, abs=1e-7)
    assert float(np.sum(filters.data * w.data)) == pytest.approx(whole, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("size", [3, 30])
def test_float16_and_integers_in_both_layouts(size) -> None:
    assert ((size - 1) ** 2 <= SMALL) == (size == 3)
    x, w = np.ones((3, 2, size, size)), np.ones((2, 2, 2, 2))
    for dtype in ("float16", "float32", "int8", "int64"):
        y = conv(value(x.astype(dtype)), value(w.astype(dtype)), *PLAIN)
        g = conv_filter_grad(value(x.astype(dtype)), y, (2, 2), *PLAIN)
        assert y.data.dtype == g.data.dtype == dtype
        assert (y.data == 8).all()


def test_symbolic_batch_and_space() -> None:
    height = symbol("height")
    how = ((1, 2), ((1, 1), (0, 0)), (1, 1), 1)
    shape = shape_of(lambda x, w: conv(x, w, *how), (batch, 3, height, 9), (8, 3, 3, 3))
    assert shape == (batch, 8, height, 4)
    graph = vjp(build(lambda x, w: conv(x, w, *how), (batch, 3, 8, 9), (8, 3, 3, 3)))
    assert names(graph) == ["conv_input_grad", "conv_filter_grad"]


@pytest.mark.parametrize(
    ("x", "w", "how", "message"),
    [
        ((1, 3, 5, 5), (4, 2, 3, 3), PLAIN, r"3 channels, but filters \[4, 2, 3, 3\] .* take 2"),
        ((1, 4, 5, 5), (3, 2, 3, 3), (*PLAIN[:3], 2), "3 filters do not divide into 2 groups"),
        ((1, 2, 2, 5), (3, 2, 3, 3), PLAIN, "window of 3 .* does not fit into spatial axis 0"),
        ((2, 5, 5), (3, 2, 3, 3), PLAIN, "of one rank"),
    ],
)
def test_shapes_that_do_not_fit(x, w, how, message) -> None:
    with pytest.raises(ShapeError, match=message):
        conv(value(np.zeros(x)), value(np.zeros(w)), *how)
    with pytest.raises(ShapeError, match=message):
        build(lambda a, b: conv(a, b, *how), x, w)


def test_strides_are_positive() -> None:
    with pytest.raises(AttributeValueError, match="at least 1"):
        conv(value(np.zeros((1, 1, 3, 3))), value(np.zeros((1, 1, 2, 2))), (0, 1), *PLAIN[1:])


def test_types_agree() -> None:
    with pytest.raises(DTypeError):
        conv(
            value(np.zeros((1, 1, 3))),
            value(np.zeros((1, 1, 2), np.float32)),
            (1,),
            ((0, 0),),
            (1,),
        )


def test_a_gradient_that_belongs_to_another_input() -> None:
    g, w = value(np.zeros((1, 2, 3, 3))), value(np.zeros((2, 1, 2, 2)))
    with pytest.raises(ShapeError, match="convolution's result has shape"):
        conv_input_grad(g, w, (9, 9), *PLAIN)
