"""Errors say what is wrong first, then name the user's lines: all of them, with the right numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf

HERE = Path(__file__).name
LINES = Path(__file__).read_text().splitlines()


def marked(function: Callable, mark: str) -> int:
    """The number of the line of ``function`` that ends with the comment ``# mark``."""
    first = function.__code__.co_firstlineno
    return next(n for n in range(first, len(LINES) + 1) if LINES[n - 1].endswith(f"# {mark}"))


def shapes():
    x = tf.placeholder(tf.float32, [None, 784], name="x")  # first
    w = tf.Variable(tf.zeros([100, 10]), name="w")  # second
    tf.matmul(x, w)  # guilty


def dtypes():
    a = tf.constant(1.0)  # first
    b = tf.constant(2)  # second
    return a + b  # guilty


def number_of_another_type():
    return tf.constant([1, 2]) * 2.5  # guilty


def missing_feed():
    x = tf.placeholder(tf.float32, [None, 3], name="x")  # third
    h = tf.nn.relu(x)  # second
    loss = tf.reduce_mean(h, name="loss")  # first
    tf.Session().run(loss)  # guilty


def feed_of_another_shape():
    x = tf.placeholder(tf.float32, [None, 3], name="x")  # first
    tf.Session().run(x * 2, {x: np.ones((2, 4))})  # guilty


def feed_that_loses_digits():
    x = tf.placeholder(tf.int32, [None], name="x")  # first
    tf.Session().run(x * 2, {x: [1.5]})  # guilty


def feed_of_text():
    x = tf.placeholder(tf.float32, [None], name="x")  # first
    tf.Session().run(x * 2, {x: ["one"]})  # guilty


def feeds_that_disagree():
    x = tf.placeholder(tf.float32, [None], name="x")  # first
    y = tf.placeholder(tf.float32, [None], name="y")  # second
    product = x * y  # guilty
    tf.Session().run(product, {x: np.ones(3), y: np.ones(4)})


def fetch_from_another_graph():
    with tf.Graph().as_default():
        c = tf.constant(1.0)  # first
    tf.Session().run(c)  # guilty


def operand_from_another_graph():
    with tf.Graph().as_default():
        c = tf.constant(1.0)  # first
    return tf.constant(2.0) + c  # guilty


def uninitialized():
    w = tf.Variable(1.0, name="w")  # first
    tf.Session().run(w * 2)  # guilty


def variable_clash():
    tf.get_variable("w", [2])  # first
    tf.get_variable("w", [2])  # guilty


def shape_of_a_shared_variable():
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        tf.get_variable("w", [2])  # first
        tf.get_variable("w", [3])  # guilty


def no_gradient():
    w = tf.Variable([1.0, 2.0], name="w")  # third
    best = tf.argmax(w)  # second
    loss = tf.cast(best, tf.float32)  # first
    tf.train.GradientDescentOptimizer(0.1).minimize(loss)  # guilty


def misspelt():
    tf.placeholdr(tf.float32)  # guilty


def misspelt_in_a_module():
    tf.nn.rellu(1.0)  # guilty


def reshape():
    x = tf.zeros([2, 3])  # first
    tf.reshape(x, [4, 2])  # guilty


def axis():
    x = tf.zeros([2, 3])  # first
    tf.reduce_sum(x, axis=5)  # guilty


def index():
    x = tf.zeros([2, 3])  # first
    return x[2]  # guilty


def truth():
    c = tf.constant(True)  # first
    return 1 if c else 0  # guilty


def iteration():
    c = tf.constant([1, 2])  # first
    return list(c)  # guilty


def numpy_function():
    c = tf.constant([1.0, 2.0])  # first
    return np.sqrt(c)  # guilty


def nothing_to_fetch():
    tf.Session().run(None)  # guilty


def no_session():
    tf.constant(1).eval()  # guilty


def closed_session():
    session = tf.Session()
    session.close()  # first
    session.run(tf.constant(1))  # guilty


def finalized():
    tf.get_default_graph().finalize()  # first
    tf.constant(1)  # guilty


def assignment_of_another_shape():
    w = tf.Variable([1.0, 2.0], name="w")
    tf.assign(w, [1.0, 2.0, 3.0])  # guilty


def known_in_a_run_only():
    x = tf.placeholder(tf.float32, name="x")  # first
    y = tf.matmul(x, tf.zeros([3, 2]))  # guilty
    tf.Session().run(y, {x: np.ones((1, 4))})


def shape_from_a_feed():
    n = tf.placeholder(tf.int32, [])  # first
    tf.zeros([n, 3])  # guilty


def not_had():
    tf.Variable(0.0, constraint=abs)  # guilty


CASES = [
    (shapes, ValueError, "inner dimensions 784 and 100 differ"),
    (dtypes, TypeError, "'Const:0' has type float32 and 'Const_1:0' has type int32"),
    (number_of_another_type, TypeError, "Expected int32, got 2.5 of type 'float' instead"),
    (missing_feed, tf.errors.InvalidArgumentError, "You must feed a value for placeholder 'x:0'"),
    (feed_of_another_shape, ValueError, "Cannot feed value of shape (2, 4) for Tensor 'x:0', which has shape '(?, 3)'"),
    (feed_that_loses_digits, TypeError, "cannot be converted to int32 without loss"),
    (feed_of_text, ValueError, "Cannot convert the value fed for 'x:0', a list, to an array of float32"),
    (feeds_that_disagree, ValueError, "shapes [3] and [4] do not broadcast"),
    (fetch_from_another_graph, ValueError, "'Const:0' is not an element of this graph"),
    (operand_from_another_graph, ValueError, "'Const:0' is not an element of this graph"),
    (uninitialized, tf.errors.FailedPreconditionError, "Attempting to use uninitialized value w"),
    (variable_clash, ValueError, "Variable w already exists, disallowed."),
    (shape_of_a_shared_variable, ValueError, "specified shape (3,) and found shape (2,)"),
    (no_gradient, ValueError, "No gradients provided for any variable"),
    (misspelt, AttributeError, "bifront does not have tf.placeholdr"),
    (misspelt_in_a_module, AttributeError, "bifront does not have tf.nn.rellu"),
    (reshape, ValueError, "[2, 3] has 6 elements and cannot take shape [4, 2]"),
    (axis, ValueError, "axis 5 is out of range for a tensor of rank 2"),
    (index, IndexError, "slice index 2 of dimension 0 out of bounds"),
    (truth, TypeError, "Using a tf.Tensor as a Python bool is not allowed"),
    (iteration, TypeError, "Tensor objects are only iterable when eager execution is enabled"),
    (numpy_function, TypeError, "Cannot convert a symbolic Tensor (Const:0) to a numpy array"),
    (nothing_to_fetch, TypeError, "Fetch argument None has invalid type"),
    (no_session, ValueError, "No default session is registered"),
    (closed_session, RuntimeError, "Attempted to use a closed Session."),
    (finalized, RuntimeError, "Graph is finalized and cannot be modified."),
    (assignment_of_another_shape, ValueError, "'w:0' has shape (2,) and cannot take a value of type f32[3]"),
    (known_in_a_run_only, ValueError, "inner dimensions 4 and 3 differ"),
    (shape_from_a_feed, ValueError, "depends on numbers that are only known at run time"),
    (not_had, NotImplementedError, "bifront does not have constraints"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "kind", "answer"), CASES, ids=lambda c: getattr(c, "__name__", ""))  # fmt: skip
def test_error(program: Callable, kind: type[Exception], answer: str) -> None:
    with pytest.raises(kind) as caught:
        program()
    assert isinstance(caught.value, bf.BifrontError)
    text = str(caught.value)
    assert answer in text.splitlines()[0]
    told = [int(n) for n in re.findall(rf"{HERE}:(\d+):", text)]
    body = LINES[program.__code__.co_firstlineno :]
    end = next((i for i, line in enumerate(body) if line.startswith("def ")), len(body))
    marks = re.findall(r"# (guilty|first|second|third)$", "\n".join(body[:end]), re.MULTILINE)
    for mark in marks:
        assert marked(program, mark) in told, f"the line marked {mark} is not told:\n{text}"
    assert told[0] == marked(program, "guilty"), text


def test_the_way_to_a_missing_placeholder_is_told_step_by_step() -> None:
    with pytest.raises(bf.FeedError) as caught:
        missing_feed()
    steps = [p.label for p in caught.value.places]
    assert steps == [
        "run here", "fetched 'loss' (Mean)", "needs 'Relu' (Relu)", "the placeholder 'x' (Placeholder)",
    ]  # fmt: skip


def test_a_missing_name_offers_what_is_near_and_no_file_of_the_package() -> None:
    with pytest.raises(AttributeError, match=r"nearest that exist: tf\.placeholder\n?$"):
        misspelt()
    with pytest.raises(AttributeError, match=r"tf\.nn\.relu"):
        misspelt_in_a_module()


@pytest.mark.parametrize(
    "module", ["tf", "tf.nn", "tf.train", "tf.layers", "tf.losses", "tf.metrics", "tf.summary",
               "tf.contrib", "tf.contrib.rnn", "tf.contrib.layers", "tf.flags", "tf.app",
               "tf.gfile", "tf.logging", "tf.nn.rnn_cell", "tf.compat"],
)  # fmt: skip
def test_every_module_says_what_it_lacks(module: str) -> None:
    with pytest.raises(AttributeError, match=f"bifront does not have {module}.nothing_like_it"):
        eval(f"{module}.nothing_like_it", {"tf": tf})
