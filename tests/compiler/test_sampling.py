"""Random numbers: a function of the key, with the moments their distributions have."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bifront.compiler import library
from bifront.compiler.errors import AttributeValueError
from bifront.compiler.ir import TensorType, dtype_of, symbol
from bifront.compiler.ops import next_key

from .support import shape_of, value

KEY = value(np.array([42, 0]))
N = 20_000
float64 = dtype_of("float64")


def fits(sample: np.ndarray, distribution: stats.rv_continuous) -> bool:
    """Kolmogorov and Smirnov's test; the key is fixed, so this passes always or never."""
    return bool(stats.kstest(sample, distribution.cdf).pvalue > 0.01)


@pytest.mark.parametrize(
    ("draw", "distribution"),
    [
        (lambda: library.uniform(KEY, (N,), dtype=float64), stats.uniform()),
        (lambda: library.uniform(KEY, (N,), -2, 3, float64), stats.uniform(-2, 5)),
        (lambda: library.normal(KEY, (N,), dtype=float64), stats.norm()),
        (lambda: library.normal(KEY, (N,), 1, 0.5, float64), stats.norm(1, 0.5)),
        (lambda: library.truncated_normal(KEY, (N,), 1, 2, float64), stats.truncnorm(-2, 2, 1, 2)),
        (lambda: library.exponential(KEY, (N,), 3.0, float64), stats.expon(scale=1 / 3)),
        (lambda: library.gumbel(KEY, (N,), float64), stats.gumbel_r()),
    ],
)
def test_distributions(draw, distribution) -> None:
    assert fits(draw().data, distribution)


def test_parameters_may_be_tensors_and_broadcast() -> None:
    found = library.normal(KEY, (N, 2), value([0.0, 10.0]), value([1.0, 2.0]), float64).data
    assert found.mean(0) == pytest.approx([0, 10], abs=0.05)
    assert found.std(0) == pytest.approx([1, 2], abs=0.05)
    found = library.uniform(KEY, (N, 2), value([0.0, 5.0]), value([1.0, 6.0]), float64).data
    assert found.mean(0) == pytest.approx([0.5, 5.5], abs=0.02)


def test_the_key_decides() -> None:
    first, again = (library.normal(KEY, (9,)).data for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, library.normal(next_key(KEY), (9,)).data)


def test_integers() -> None:
    found = library.random_integers(KEY, (N,), -3, 4, dtype_of("int32")).data
    assert found.dtype == np.int32
    assert np.bincount(found + 3) == pytest.approx([N / 7] * 7, rel=0.06)
    with pytest.raises(AttributeValueError, match="between 4 and 4"):
        library.random_integers(KEY, (2,), 4, 4)


def test_permutation_and_shuffle() -> None:
    assert sorted(library.permutation(KEY, 50).data) == list(range(50))
    x = np.arange(12.0).reshape(4, 3)
    found = library.shuffle(KEY, value(x)).data
    assert sorted(map(tuple, found)) == sorted(map(tuple, x))
    assert shape_of(lambda v: library.shuffle(KEY, v), (symbol("batch"), 3)) == (symbol("batch"), 3)


def test_bernoulli() -> None:
    p = np.repeat([0.0, 0.2, 1.0], N).reshape(3, N)
    found = library.bernoulli(KEY, value(p)).data
    assert found.mean(1) == pytest.approx([0, 0.2, 1], abs=0.01)
    assert library.bernoulli(KEY, value(p), dtype_of("bool")).data.dtype == bool


@pytest.mark.parametrize("weights", [[0.1, 0.2, 0.7], [0.0, 3.0, 1.0], [5.0, 0.0, 0.0]])
def test_classes_come_as_often_as_they_weigh(weights) -> None:
    found = library.multinomial(KEY, value([weights, weights[::-1]]), N).data
    assert found.shape == (2, N)
    expected = np.array(weights) / sum(weights)
    for row, p in zip(found, (expected, expected[::-1]), strict=True):
        frequencies = np.bincount(row, minlength=3) / N
        assert frequencies == pytest.approx(p, abs=0.02)
        assert (frequencies[p == 0] == 0).all()


def test_logits() -> None:
    found = library.categorical(KEY, value(np.log([0.1, 0.2, 0.7])), N).data
    assert np.bincount(found) / N == pytest.approx([0.1, 0.2, 0.7], abs=0.02)
    logits = TensorType(float64, (symbol("batch"), 5))
    assert shape_of(lambda x: library.categorical(KEY, x, 2), logits) == (symbol("batch"), 2)


def test_without_replacement_no_class_comes_twice() -> None:
    weights = np.tile([0.1, 0.2, 0.7, 1.0], (500, 1))
    found = library.multinomial(KEY, value(weights), 3, replacement=False).data
    assert all(len(set(row)) == 3 for row in found)
    assert np.bincount(found[:, 0], minlength=4) / 500 == pytest.approx(weights[0] / 2, abs=0.06)
    with pytest.raises(AttributeValueError, match="5 of 4 classes"):
        library.multinomial(KEY, value(weights), 5, replacement=False)
