"""Sessions: what they fetch, take as feeds, keep apart, and how often they build."""

from __future__ import annotations

from collections import namedtuple
from unittest import mock

import numpy as np
import pytest

import bifront.static as tf
from bifront.frontends.static import session as session_module


def test_structures_of_fetches_come_back_as_they_are() -> None:
    Pair = namedtuple("Pair", "a b")
    t, op = tf.constant(2.0), tf.no_op()
    with tf.Session() as session:
        got = session.run({"list": [t, op], "pair": Pair(t, (t,)), "name": "Const:0", "empty": []})
    assert got == {"list": [2.0, None], "pair": Pair(2.0, (2.0,)), "name": 2.0, "empty": []}
    assert isinstance(got["pair"], Pair)


def test_another_batch_size_builds_nothing_anew() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.reduce_mean(tf.nn.relu(x) * tf.Variable([1.0, 2.0, 3.0]))
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    session.run(y, {x: np.ones((2, 3))})
    with mock.patch.object(session_module, "functionalize") as built:
        for rows in (1, 5, 7):
            assert session.run(y, {x: np.ones((rows, 3))}) == 2.0
        assert not built.called


def test_sessions_of_one_graph_keep_their_own_values() -> None:
    v = tf.Variable(1.0)
    first, second = tf.Session(), tf.Session()
    for session in (first, second):
        session.run(v.initializer)
    first.run(v.assign_add(5.0))
    assert (first.run(v), second.run(v)) == (6.0, 1.0)


def test_a_result_is_the_caller_s_own() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(v)[:] = 7.0
        assert session.run(v).tolist() == [1.0, 2.0]


def test_operations_may_be_added_between_runs() -> None:
    v = tf.Variable(3.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        w = tf.Variable(v.initialized_value() * 2)
        session.run(w.initializer)
        assert session.run(v * w) == 18.0


def test_a_session_runs_the_graph_it_was_given() -> None:
    with tf.Graph().as_default() as other:
        c = tf.constant(4.0)
    with tf.Session(graph=other) as session:
        assert tf.get_default_graph() is other
        assert session.run(c) == c.eval() == 4.0
    assert tf.get_default_graph() is not other


def test_interactive_sessions_are_the_default_at_once() -> None:
    session = tf.InteractiveSession()
    try:
        v = tf.Variable(2.0)
        tf.global_variables_initializer().run()
        assert v.eval() == 2.0
        assert tf.get_default_session() is session
    finally:
        session.close()
    assert tf.get_default_session() is None


def test_feeds_of_computed_tensors_cut_the_graph() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    h = x * 2
    y = tf.reduce_sum(h) + tf.cast(tf.shape(h)[0], tf.float32)
    with tf.Session() as session:
        assert session.run(y, {h: [[1.0, 2.0]]}) == 4.0
        assert session.run([y, h], {h: np.ones((3, 2))})[0] == 9.0


def test_a_placeholder_without_a_shape_takes_any() -> None:
    x = tf.placeholder(tf.float32)
    w = tf.Variable(2.0)
    loss = tf.reduce_sum(tf.square(x * w))
    assert loss.shape == []
    assert (x * w).shape.ndims is None
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(loss, {x: 3.0}) == 36.0
        assert session.run(loss, {x: [1.0, 2.0]}) == 20.0
        assert session.run(x * w, {x: np.ones((2, 1, 2))}).shape == (2, 1, 2)
        session.run(train, {x: 1.0})
        assert session.run(w) == pytest.approx(2.0 - 0.1 * 4.0)
        session.run(w.initializer)
        session.run(train, {x: [1.0, 1.0]})
        assert session.run(w) == pytest.approx(2.0 - 0.1 * 8.0)


def test_what_depends_on_an_unknown_rank_still_has_the_shape_that_is_known() -> None:
    keep = tf.placeholder(tf.float32)
    x = tf.placeholder(tf.float32, [None, 4])
    h = tf.nn.dropout(x, keep)
    assert h.shape.as_list() == [None, 4]
    y = tf.layers.dense(tf.reshape(h, [tf.shape(h)[0], 2, 2]), 3)
    grads = tf.gradients(y, tf.trainable_variables())
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        value, _ = session.run([y, grads], {x: np.ones((5, 4)), keep: 1})
    assert value.shape == (5, 2, 3)


def test_set_shape_is_believed_and_checked() -> None:
    x = tf.placeholder(tf.float32)
    x.set_shape([None, 3])
    y = x * 2
    y.set_shape([4, 3])
    assert y.shape == [4, 3]
    with tf.Session() as session:
        assert session.run(tf.reduce_sum(y), {x: np.ones((4, 3))}) == 24.0
        with pytest.raises(ValueError, match="elements"):
            session.run(tf.reduce_sum(y), {x: np.ones((5, 3))})
    with pytest.raises(ValueError, match="not compatible"):
        y.set_shape([5, 3])


def test_texts_are_bytes() -> None:
    with tf.Session() as session:
        assert session.run(tf.constant("Hello")) == b"Hello"
        assert session.run(tf.constant(["a", "b"])).tolist() == [b"a", b"b"]


def test_uninitialized_variables_are_reported() -> None:
    v, _ = tf.Variable(1.0, name="v"), tf.Variable(1.0, name="w")
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(tf.report_uninitialized_variables()).tolist() == [b"w"]
        assert session.run(tf.is_variable_initialized(v))


def test_every_run_of_the_same_kind_tells_the_same_mistakes() -> None:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    v = tf.Variable([1.0, 2.0])
    y = x + v
    with tf.Session() as session:
        session.run(v.initializer)
        for _ in range(2):
            assert session.run([y, x], {x: [[1, 1]]})[0].tolist() == [[2.0, 3.0]]
            assert session.run(y, {"x:0": np.ones((1, 2), np.float32)}).tolist() == [[2.0, 3.0]]
            with pytest.raises(ValueError, match="Cannot feed value of shape"):
                session.run(y, {"x:0": np.ones((1, 3), np.float32)})
            with pytest.raises(tf.errors.InvalidArgumentError, match="must feed a value"):
                session.run(y)
        session.store.clear()
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized"):
            session.run(y, {"x:0": np.ones((1, 2), np.float32)})


def test_feeds_in_another_order_are_other_feeds() -> None:
    a, b, unused = (tf.placeholder(tf.float32, [], name=n) for n in "abc")
    y = a - b
    with tf.Session() as session:
        for _ in range(3):
            assert session.run(y, {a: 3.0, b: 1.0}) == 2.0
            assert session.run(y, {b: 1.0, a: 3.0}) == 2.0
            assert session.run(y, {unused: 9.0, b: 1.0, a: 3.0}) == 2.0
            assert isinstance(session.run(y, {b: 1.0, a: 3.0}), np.float32)
            assert session.run([y, {"again": y}], {b: 1.0, a: 3.0}) == [2.0, {"again": 2.0}]
