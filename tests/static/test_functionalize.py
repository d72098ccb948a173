"""What a run means: which value a read sees, in which order writes and random draws happen."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf


def run_once(fetches: object, *initialized: tf.Variable) -> object:
    with tf.Session() as session:
        session.run([v.initializer for v in initialized])
        return session.run(fetches)


def test_a_read_sees_the_beginning_of_the_run() -> None:
    v = tf.Variable(1.0)
    before = v * 10
    assert run_once([v.assign_add(1.0), before, v], v) == [2.0, 10.0, 1.0]


def test_a_read_after_an_assignment_sees_what_it_stored() -> None:
    v = tf.Variable(1.0)
    with tf.control_dependencies([v.assign(5.0)]):
        after = v * 10
        through = tf.identity(after)
    assert run_once([after, through], v) == [50.0, 50.0]


def test_dependence_is_transitive_and_through_data_too() -> None:
    v = tf.Variable(1.0)
    grown = v.assign_add(1.0)
    with tf.control_dependencies([tf.group(grown * 2)]):
        later = tf.no_op()
    with tf.control_dependencies([later]):
        assert run_once(v + 0.0, v) == 2.0


def test_assignments_happen_in_the_order_of_declaration() -> None:
    v = tf.Variable(1.0)
    first, second, third = v.assign_add(1.0), v.assign(v * 10), v.assign_sub(1.0)
    session = tf.Session()
    session.run(v.initializer)
    # v * 10 is read at the beginning; the last one subtracts from what the second stored.
    assert session.run([third, first, second]) == [9.0, 2.0, 10.0]
    assert session.run(v) == 9.0


def test_gradients_are_taken_where_the_run_began() -> None:
    v = tf.Variable(3.0)
    loss = v * v
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    session = tf.Session()
    session.run(v.initializer)
    assert session.run([train, loss, v])[1:] == [9.0, 3.0]
    with tf.control_dependencies([train]):
        after = v * v
    assert session.run(after) == pytest.approx((3.0 * 0.8 * 0.8) ** 2)


def test_only_what_is_needed_runs() -> None:
    v = tf.Variable(0.0)
    v.assign_add(1.0)
    x = tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run([v, tf.constant(2.0)]) == [0.0, 2.0]
        assert session.run(x, {x: 1.0}) == 1.0


def test_random_operations_draw_in_the_order_of_declaration() -> None:
    tf.set_random_seed(3)
    a, b = tf.random_uniform([2]), tf.random_uniform([2])
    first, second = tf.Session().run([a, b])
    swapped = tf.Session().run([b, a])
    np.testing.assert_array_equal([first, second], swapped[::-1])
    alone = tf.Session()
    np.testing.assert_array_equal(alone.run(b), first)  # the first draw of this session
    np.testing.assert_array_equal(alone.run(a), second)


def test_seeds() -> None:
    tf.set_random_seed(3)
    free, own = tf.random_normal([4]), tf.random_normal([4], seed=5)
    twin = tf.random_normal([4], seed=5)
    one, two = tf.Session(), tf.Session()
    for op in (free, own):
        np.testing.assert_array_equal(one.run(op), two.run(op))
        assert not np.array_equal(one.run(op), one.run(op))
    fresh = tf.Session()
    np.testing.assert_array_equal(fresh.run(own), fresh.run(twin))


def test_without_a_seed_sessions_differ() -> None:
    x = tf.random_normal([4])
    assert not np.array_equal(tf.Session().run(x), tf.Session().run(x))


def test_one_run_draws_one_number() -> None:
    x = tf.random_normal([])
    with tf.Session() as session:
        a, b, c = session.run([x, x + 0.0, x * 1.0])
        assert a == b == c


def test_graph_of_closes_over_variables_and_keys() -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.Variable(tf.random_normal([3, 2]), name="w")
    loss = tf.reduce_mean(tf.nn.dropout(tf.matmul(x, w), rate=0.5))
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    graph = bf.graph_of([loss, train], inputs=[x])
    bf.verify(graph)
    assert [v.hint for v in graph.inputs] == ["x"]
    assert {s.slot: s.changes for s in graph.states} == {"w": True, "w/Momentum": True, "rng": True}
    assert graph.fingerprint() == bf.graph_of([loss, train]).fingerprint()
    assert bf.parse(str(graph)).fingerprint() == graph.fingerprint()
    with pytest.raises(bf.FeedError, match="placeholder 'x:0'"):
        bf.graph_of(loss, inputs=[])


def test_graph_of_the_initializer_reads_no_variable() -> None:
    tf.Variable(tf.random_normal([3]), name="a")
    graph = bf.graph_of(tf.global_variables_initializer())
    state = {s.slot: s for s in graph.states}["a"]
    assert all(state.input not in node.inputs for node in graph.nodes)


def test_identity_makes_no_node() -> None:
    x = tf.placeholder(tf.float32, [2])
    plain = bf.graph_of(x * 2)
    assert bf.graph_of(tf.identity(tf.identity(x) * 2), inputs=[x]).fingerprint() == plain.fingerprint()  # fmt: skip


def test_update_operations_of_batch_normalization() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.layers.dense(tf.layers.batch_normalization(x, training=True, momentum=0.0), 1)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_mean(tf.square(y)))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {x: [[1.0, 2.0], [3.0, 6.0]]})
        moving = {v.op.name.rpartition("/")[2]: v for v in tf.global_variables()}
        assert session.run(moving["moving_mean"]).tolist() == [2.0, 4.0]
