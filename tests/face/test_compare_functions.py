"""`bf.compare`: two functions in place of two scripts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.comparison.source import Source
from bifront.page import collect

X = np.linspace(-1.0, 1.0, 12, dtype=np.float32).reshape(4, 3)
Y = np.zeros((4, 2), np.float32)


def train_static(x, y):
    """One step of gradient descent."""
    w = tf.get_variable("w", [3, 2], initializer=tf.ones_initializer())
    hidden = tf.tanh(tf.matmul(x, w))
    loss = tf.reduce_mean(tf.square(hidden - y))
    return [loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)]


class Step:
    def __init__(self) -> None:
        self.w = torch.ones(3, 2, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.w], lr=0.1)

    def __call__(self, x, y):
        hidden = torch.tanh(x @ self.w)
        loss = torch.square(hidden - y).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


@pytest.fixture(scope="module")
def trained():
    return bf.compare(train_static, Step(), X, Y)


def test_a_training_step_is_the_same_graph_with_the_same_numbers(trained) -> None:
    assert trained.same_graph
    assert trained.max_abs_difference == 0.0
    assert trained.identical_steps == 1
    assert any(state.changes for state in trained.graph.states)
    assert "The same graph" in str(trained)
    assert repr(trained) == "<comparison of train_static and Step: the same graph>"


def test_what_the_graph_was_given_is_kept(trained) -> None:
    arguments = trained.details[0].arguments
    assert [a.shape for a in arguments] == [v.shape for v in trained.graph.parameters]
    given = dict(zip((v.hint for v in trained.graph.parameters), arguments, strict=True))
    np.testing.assert_array_equal(given["x"], X)
    # As it was before the step.
    np.testing.assert_array_equal(given["w"], np.ones((3, 2)))


def test_figures_are_of_the_functions_alone(trained) -> None:
    a, b = trained.a, trained.b
    assert (a.style, b.style) == ("static", "imperative")
    assert (a.lines, b.lines) == (5, 7)
    # get_variable, ones_initializer, tanh, matmul, reduce_mean, square, the optimizer, minimize
    assert a.names == 8
    assert b.names >= 5
    for side in (a, b):
        assert side.first_number_s > 0
        assert side.step_s > 0
        assert side.peak_mb > 0


def test_the_page_shows_the_lines_of_the_functions(trained) -> None:
    content = collect(trained)
    first, second = content.sides
    assert first.first == train_static.__code__.co_firstlineno
    assert len(first.lines) == 6
    (graph,) = content.graphs
    tanh = next(node for node in graph.nodes.values() if node.label == "tanh")
    assert tanh.lines["static"] == (first.first + 3,)
    assert tanh.lines["imperative"] == (second.first + 1,)
    assert content.title == "train_static and Step"
    assert content.values is not None
    assert content.timings is not None


def test_numbers_and_lists_become_arrays() -> None:
    found = bf.compare(
        lambda x, n: x * tf.cast(n, tf.float32), lambda x, n: x * n.float(), [1.5], 2
    )
    assert found.same_graph
    assert [str(v.type.dtype) for v in found.graph.inputs] == ["f32", "i64"]


def test_arrays_keep_their_types_and_their_numbers() -> None:
    given = np.ones(3)

    def spoil(x):
        x.add_(1.0)
        return x * 2.0

    found = bf.compare(lambda x: (x + 1.0) * 2.0, spoil, given)
    assert found.graph.inputs[0].type.dtype.short == "f64"
    assert found.max_abs_difference == 0.0
    np.testing.assert_array_equal(given, np.ones(3))


def test_functions_without_inputs() -> None:
    found = bf.compare(lambda: tf.exp(tf.ones([2])), lambda: torch.exp(torch.ones(2)))
    assert found.max_abs_difference == 0.0


def test_what_differs_is_told() -> None:
    found = bf.compare(lambda x: tf.exp(x), lambda x: torch.sin(x), X)
    assert not found.same_graph
    assert "exp in a, sin in b" in str(found)


def test_a_difference_without_bound_is_no_number_of_json() -> None:
    found = bf.compare(lambda x: tf.log(-x), lambda x: torch.exp(x), np.ones(3))
    assert found.max_abs_difference == np.inf
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["max_abs_difference"] is None
    assert told["same_numbers"] is False


def test_what_the_functions_print_is_kept_and_not_shown(capsys) -> None:
    def loud(x):
        print("built")
        return tf.exp(x)

    found = bf.compare(loud, lambda x: torch.exp(x), X)
    assert found.a.printed == "built\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("static", "imperative", "words"),
    [
        (lambda x: None, lambda x: torch.exp(x), "gives nothing to compare"),
        (lambda x: tf.exp(x), lambda x: 3.0, "gives nothing to compare"),
        (np.ones(3), lambda x: x, "takes two functions"),
        ("a.py", lambda x: x, "takes two functions"),
    ],
)
def test_what_cannot_be_compared_is_refused(static, imperative, words: str) -> None:
    with pytest.raises(bf.BifrontError, match=words):
        bf.compare(static, imperative, X)


def test_a_profile_that_is_being_taken_is_left_alone() -> None:
    with bf.profile(roofline=False):
        found = bf.compare(lambda x: tf.exp(x), lambda x: torch.exp(x), X)
    assert found.details[0].timings is None


def test_scripts_are_compared_too(tmp_path: Path) -> None:
    a, b = tmp_path / "a.py", tmp_path / "b.py"
    a.write_text("import bifront.static as tf\nprint(tf.Session().run(tf.exp(tf.zeros([2]))))\n")
    b.write_text("import bifront.imperative as torch\nprint(torch.exp(torch.zeros(2)))\n")
    found = bf.compare(str(a), b)
    assert found.a.style == "static"
    assert found.max_abs_difference == 0.0
    timings = found.details[1].timings
    assert timings is not None
    assert timings.measured == pytest.approx(sum(s.spent for s in timings.slices))
    assert any(s.op == "exp" and s.line == 2 for s in timings.slices)


def test_sources_of_whatever_is_called() -> None:
    import functools

    class Net(torch.nn.Module):
        def forward(self, x):
            return x

    partial = functools.partial(train_static, y=Y)
    assert "def train_static" in Source.of_function(partial).text
    assert Source.of_function(Net()).text.startswith("def forward")
    assert Source.of_function(Step()).text.startswith("def __call__")
    assert Source.of_function(Step().__call__).text.startswith("def __call__")
    assert Source.of_function(len).text == ""
    made: dict = {}
    exec("def typed(x):\n    return x\n", made)
    assert Source.of_function(made["typed"]).text == ""


@pytest.mark.parametrize(
    ("x", "y", "gap"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([np.nan, 1.0], [np.nan, 1.5], 0.5),
        ([np.inf, 1.0], [np.inf, 1.0], 0.0),
        ([np.inf, 1.0], [np.inf, 2.0], 1.0),
        ([np.nan, 1.0], [0.0, 1.0], np.inf),
        ([np.inf], [1.0], np.inf),
        (1.0, 3.0, 2.0),
        (np.nan, 3.0, np.inf),
    ],
)
def test_differences_of_numbers_that_are_none(x: object, y: object, gap: float) -> None:
    a, b = np.array(x, np.float32), np.array(y, np.float32)
    found = bf.compare(lambda v: tf.constant(a) + 0.0 * v, lambda v: torch.tensor(b) + 0.0 * v, 0.0)
    assert found.max_abs_difference == gap
