"""Activations, statistics and losses: values against SciPy's, gradients against finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from bifront.compiler import library
from bifront.compiler.autodiff import specialize
from bifront.compiler.errors import DTypeError, IndexOutOfRange, ShapeError
from bifront.compiler.ir import TensorType, dtype_of, symbol
from bifront.compiler.ops import constant, reduce_sum

from .support import build, gradients, names, numeric_gradients, shape_of, value

RNG = np.random.default_rng(0)
X = RNG.uniform(-4, 4, (3, 6))
batch = symbol("batch")

ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "celu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1)),
    "gelu": lambda x: x * (1 + special.erf(x / math.sqrt(2))) / 2,
    "silu": lambda x: x * special.expit(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "log_sigmoid": special.log_expit,
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanhshrink": lambda x: x - np.tanh(x),
    "softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "crelu": lambda x: np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], -1),
    "glu": lambda x: x[..., :3] * special.expit(x[..., 3:]),
    "softmax": lambda x: special.softmax(x, -1),
    "log_softmax": lambda x: special.log_softmax(x, -1),
    "logsumexp": special.logsumexp,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name) -> None:
    function = getattr(library, name)
    np.testing.assert_allclose(function(value(X)).data, ACTIVATIONS[name](X), rtol=1e-12)
    np.testing.assert_allclose(
        gradients(function, X)[0], numeric_gradients(function, X)[0], atol=1e-8
    )


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"logsumexp"}))
def test_activations_of_huge_arguments_are_finite_and_so_are_gradients(name) -> None:
    function = getattr(library, name)
    x = np.array([[-1e4, -800.0, -1e-300, 0.0, 800.0, 1e4]])
    with np.errstate(over="ignore", invalid="raise", divide="raise"):
        assert np.isfinite(function(value(x)).data).all()
        assert np.isfinite(gradients(function, x)[0]).all()


@pytest.mark.parametrize(
    ("name", "at", "slope"),
    [
        ("relu", 0, 0), ("relu6", 0, 0), ("relu6", 6, 0), ("leaky_relu", 0, 0.01), ("hardtanh", 1, 0),
        ("hardtanh", -1, 0), ("elu", 0, 1), ("softplus", 0, 0.5), ("hardshrink", 0.5, 0),
    ],
)  # fmt: skip
def test_derivatives_at_kinks(name, at, slope) -> None:
    """PyTorch's and TensorFlow's, where the two agree."""
    assert gradients(getattr(library, name), np.array(float(at)))[0] == pytest.approx(slope)


def test_approximate_gelu() -> None:
    found = library.gelu(value(X), approximate=True).data
    assert np.abs(found - ACTIVATIONS["gelu"](X)).max() < 1e-3


def test_slopes_may_be_learned() -> None:
    slopes = np.full(6, 0.3)
    (_, g) = gradients(library.leaky_relu, X, slopes)
    np.testing.assert_allclose(g, np.minimum(X, 0).sum(0))


def test_logsumexp_of_infinities() -> None:
    x = np.array([[-np.inf, -np.inf], [np.inf, 0.0]])
    assert library.logsumexp(value(x), 1).data.tolist() == [-np.inf, np.inf]


def test_glu_halves() -> None:
    with pytest.raises(ShapeError, match="extent 3 is odd"):
        library.glu(value(np.zeros((2, 3))))


class TestStatistics:
    @pytest.mark.parametrize("axes", [None, 0, (0, 1), -1])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_as_in_numpy(self, axes, keepdims) -> None:
        how = {"axis": axes, "keepdims": keepdims}
        x = value(X)
        checks = [
            (library.mean(x, axes, keepdims), X.mean(**how)),
            (library.variance(x, axes, 0, keepdims), X.var(**how)),
            (library.variance(x, axes, 1, keepdims), X.var(ddof=1, **how)),
            (library.standard_deviation(x, axes, 1, keepdims), X.std(ddof=1, **how)),
            (library.moments(x, axes, keepdims)[0], X.mean(**how)),
            (library.moments(x, axes, keepdims)[1], X.var(**how)),
        ]
        for found, expected in checks:
            assert found.shape == np.shape(expected)
            np.testing.assert_allclose(found.data, expected, rtol=1e-12)

    @pytest.mark.parametrize("order", [0, 1, 2, 3, 0.5, math.inf, -math.inf])
    def test_norms(self, order) -> None:
        found = library.norm(value(X), order, 1).data
        np.testing.assert_allclose(found, np.linalg.norm(X, order, 1), rtol=1e-12)

    def test_the_norm_of_nothing_has_gradient_zero(self) -> None:
        for function in (library.norm, library.standard_deviation):
            assert gradients(function, np.zeros(3))[0].tolist() == [0, 0, 0]

    def test_a_symbolic_mean_is_the_concrete_one_when_sizes_are_known(self) -> None:
        symbolic = build(library.mean, (batch, 4))
        assert "extent" in names(symbolic)
        concrete = build(library.mean, (8, 4))
        assert specialize(symbolic, {"batch": 8}).fingerprint() == concrete.fingerprint()

    def test_unbiased_variance_of_a_symbolic_batch(self) -> None:
        graph = build(lambda x: library.variance(x, 0, 1), (batch, 4))
        concrete = build(lambda x: library.variance(x, 0, 1), (8, 4))
        assert specialize(graph, {"batch": 8}).fingerprint() == concrete.fingerprint()

    def test_clipping_by_norm(self) -> None:
        found = library.clip_by_norm(value(X), 2.0).data
        np.testing.assert_allclose(found, X * 2 / np.linalg.norm(X))
        assert np.allclose(library.clip_by_norm(value(X), 1e6).data, X)

    @pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
    def test_clipping_together(self, order) -> None:
        parts, size = library.clip_by_global_norm([value(X), value(X[0])], 0.5, order)
        whole = np.concatenate([X.reshape(-1), X[0]])
        assert size.data == pytest.approx(np.linalg.norm(whole, order))
        clipped = np.concatenate([p.data.reshape(-1) for p in parts])
        assert np.linalg.norm(clipped, order) == pytest.approx(0.5)


LOGITS = RNG.standard_normal((4, 5))
LABELS = np.array([0, 4, 2, 2])
SOFT = special.softmax(RNG.standard_normal((4, 5)), -1)
SIGNS = np.sign(RNG.standard_normal((4, 5)))
BINARY = (SIGNS + 1) / 2
P = special.expit(LOGITS)
DIFFERENCE = np.abs(LOGITS - SOFT)

LOSSES = {
    "softmax_cross_entropy": (LOGITS, SOFT, -(SOFT * special.log_softmax(LOGITS, -1)).sum(-1)),
    "sigmoid_cross_entropy": (LOGITS, SOFT, -SOFT * np.log(P) - (1 - SOFT) * np.log(1 - P)),
    "binary_cross_entropy": (P, SOFT, -SOFT * np.log(P) - (1 - SOFT) * np.log(1 - P)),
    "log_loss": (P, SOFT, -SOFT * np.log(P + 1e-7) - (1 - SOFT) * np.log(1 - P + 1e-7)),
    "squared_error": (LOGITS, SOFT, (LOGITS - SOFT) ** 2),
    "l1_loss": (LOGITS, SOFT, DIFFERENCE),
    "huber": (LOGITS, SOFT, np.where(DIFFERENCE < 1, DIFFERENCE**2 / 2, DIFFERENCE - 0.5)),
    "smooth_l1": (LOGITS, SOFT, np.where(DIFFERENCE < 1, DIFFERENCE**2 / 2, DIFFERENCE - 0.5)),
    "kl_div": (LOGITS, SOFT, SOFT * (np.log(SOFT) - LOGITS)),
    "hinge": (LOGITS, BINARY, np.maximum(1 - SIGNS * LOGITS, 0)),
    "soft_margin": (LOGITS, SIGNS, np.log1p(np.exp(-SIGNS * LOGITS))),
    "hinge_embedding": (LOGITS, SIGNS, np.where(SIGNS == 1, LOGITS, np.maximum(0, 1 - LOGITS))),
    "poisson_nll": (LOGITS, SOFT, np.exp(LOGITS) - SOFT * LOGITS),
}


class TestLosses:
    @pytest.mark.parametrize("name", LOSSES)
    def test_values_and_gradients(self, name) -> None:
        predictions, targets, expected = LOSSES[name]
        loss = getattr(library, name)
        found = loss(value(predictions), value(targets))
        np.testing.assert_allclose(found.data, expected, rtol=1e-10)

        def of_predictions(x):
            return loss(x, constant(targets))

        (found,) = gradients(of_predictions, predictions)
        np.testing.assert_allclose(
            found, numeric_gradients(of_predictions, predictions)[0], atol=1e-7
        )

    def test_sparse_cross_entropy_is_the_log_probability_of_the_label(self) -> None:
        found = library.sparse_softmax_cross_entropy(value(LOGITS), value(LABELS))
        np.testing.assert_allclose(
            found.data, -special.log_softmax(LOGITS, -1)[np.arange(4), LABELS]
        )
        (g,) = gradients(
            lambda x: reduce_sum(library.sparse_softmax_cross_entropy(x, value(LABELS))), LOGITS
        )
        np.testing.assert_allclose(g, special.softmax(LOGITS, -1) - np.eye(5)[LABELS], atol=1e-12)

    def test_classes_on_another_axis(self) -> None:
        scores = RNG.standard_normal((2, 5, 3))
        labels = RNG.integers(0, 5, (2, 3))
        found = library.nll(value(scores), value(labels), 1).data
        expected = -np.take_along_axis(scores, labels[:, None], 1)[:, 0]
        assert np.array_equal(found, expected)

    def test_labels_that_are_no_labels(self) -> None:
        logits = value(LOGITS)
        with pytest.raises(IndexOutOfRange, match="index 5 is out of range for axis 1 of extent 5"):
            library.sparse_softmax_cross_entropy(logits, value(np.array([0, 5, 1, 1])))
        with pytest.raises(DTypeError, match="must be integers"):
            library.sparse_softmax_cross_entropy(logits, value(np.zeros(4)))
        with pytest.raises(ShapeError, match=r"must have shape \[4\], got \[3\]"):
            library.sparse_softmax_cross_entropy(logits, value(LABELS[:3]))

    def test_symbolic(self) -> None:
        labels = TensorType(dtype_of("int64"), (batch,))
        loss = library.sparse_softmax_cross_entropy
        assert shape_of(loss, (batch, 10), labels) == (batch,)

    def test_positive_weight(self) -> None:
        found = library.weighted_sigmoid_cross_entropy(value(LOGITS), value(SOFT), 3.0).data
        np.testing.assert_allclose(found, -3 * SOFT * np.log(P) - (1 - SOFT) * np.log(1 - P))

    def test_certain_and_wrong_is_finite(self) -> None:
        p, t = np.array([0.0, 1.0]), np.array([1.0, 0.0])
        assert library.binary_cross_entropy(value(p), value(t)).data.tolist() == [100, 100]
        for function in (library.binary_cross_entropy, library.kl_div):
            assert np.isfinite(gradients(function, p, 1 - t)).all()

    def test_triplets(self) -> None:
        a, b, c = RNG.standard_normal((3, 4, 5))

        def distance(u, v):
            return np.linalg.norm(u - v + 1e-6, axis=-1)

        found = library.triplet_margin(value(a), value(b), value(c)).data
        np.testing.assert_allclose(found, np.maximum(distance(a, b) - distance(a, c) + 1, 0))
        found = library.triplet_margin(value(a), value(b), value(c), swap=True).data
        far = np.minimum(distance(a, c), distance(b, c))
        np.testing.assert_allclose(found, np.maximum(distance(a, b) - far + 1, 0))

    def test_gaussian(self) -> None:
        spread = SOFT + 0.1
        found = library.gaussian_nll(value(LOGITS), value(SOFT), value(spread), full=True).data
        from scipy.stats import norm

        np.testing.assert_allclose(found, -norm.logpdf(SOFT, LOGITS, np.sqrt(spread)))

    def test_cosines(self) -> None:
        found = library.cosine_similarity(value(LOGITS), value(SOFT)).data
        size = np.linalg.norm(LOGITS, axis=1) * np.linalg.norm(SOFT, axis=1)
        np.testing.assert_allclose(found, (LOGITS * SOFT).sum(1) / size)
        loss = library.cosine_embedding(value(found), value(SIGNS[:, 0]), 0.1).data
        expected = np.where(SIGNS[:, 0] == 1, 1 - found, np.maximum(0, found - 0.1))
        np.testing.assert_allclose(loss, expected)
