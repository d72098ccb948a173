"""Graphs, shapes, variables and collections as objects."""

from __future__ import annotations

import numpy as np
import pytest

import bifront.static as tf


def test_graphs_are_apart() -> None:
    with tf.Graph().as_default() as first:
        a = tf.constant(1.0, name="a")
    with tf.Graph().as_default() as second:
        b = tf.constant(1.0, name="a")
    assert a.name == b.name == "a:0"
    assert (a.graph, b.graph) == (first, second)
    assert a is not b
    assert a != b


def test_reset_default_graph_is_refused_inside_a_block() -> None:
    with pytest.raises(RuntimeError, match="nested graphs"):
        tf.reset_default_graph()


def test_things_are_found_by_name() -> None:
    graph = tf.get_default_graph()
    c = tf.constant(1.0, name="c")
    assert graph.get_tensor_by_name("c:0") is c
    assert graph.get_operation_by_name("c") is c.op
    assert [op.name for op in graph.get_operations()] == ["c"]
    with pytest.raises(KeyError, match="does not exist"):
        graph.get_tensor_by_name("d:0")
    with pytest.raises(ValueError, match="looks like an \\(invalid\\) Operation name"):
        graph.get_tensor_by_name("c")


def test_operations_know_their_edges() -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.control_dependencies([tf.no_op(name="before")]):
        y = tf.add(x, 1.0, name="y")
    assert [t.name for t in y.op.inputs] == ["x:0", "y/y:0"]
    assert [op.name for op in y.op.control_inputs] == ["before"]
    assert [op.name for op in x.consumers()] == ["y"]
    assert (y.op.type, y.op.outputs) == ("Add", (y,))


def test_shapes_are_usable_as_numbers() -> None:
    x = tf.placeholder(tf.float32, [None, 28, 28])
    rows, height, width = x.get_shape()
    assert (int(height), rows.value) == (28, None)
    assert np.zeros((height, width)).shape == (28, 28)
    assert [0] * height == [0] * 28
    assert height * width == 784
    assert x.shape.as_list() == [None, 28, 28]
    assert x.shape[1:].num_elements() == 784
    assert tf.zeros([height, 2]).shape == [28, 2]
    assert tf.zeros(x.shape[1:]).shape == [28, 28]
    assert x.shape.is_compatible_with([5, 28, 28])
    with pytest.raises(TypeError, match="not known"):
        int(rows)


def test_sizes_known_at_run_time_flow_through_shapes() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    n = tf.shape(x)[0]
    made = [
        tf.zeros([n, 2]),
        tf.ones(tf.stack([n, 3])),
        tf.reshape(x, [n * 2, -1]),
        tf.random_normal(tf.shape(x)),
        tf.fill([n], 2.0),
        tf.tile(tf.zeros([1, 2]), [n, 1]),
        tf.range(n),
        x[: n - 1],
        tf.slice(x, [0, 1], [n - 1, 2]),
        tf.one_hot(tf.range(n), n),
    ]
    with tf.Session() as session:
        found = session.run(made, {x: np.ones((5, 4))})
    assert [v.shape for v in found] == [
        (5, 2), (5, 3), (10, 2), (5, 4), (5,), (5, 2), (5,), (4, 4), (4, 2), (5, 5),
    ]  # fmt: skip
    assert [t.shape.as_list() for t in made[:3]] == [[None, 2], [None, 3], [None, 2]]


def test_dtypes() -> None:
    assert repr(tf.float32) == "<dtype: 'float32'>"
    assert tf.float32 == np.float32 == tf.as_dtype("float")
    assert tf.as_dtype(np.int64) is tf.int64
    assert tf.constant(1).dtype == tf.int32
    assert tf.constant(1.0).dtype == tf.float32
    assert tf.constant(np.ones(2)).dtype == tf.float64
    assert tf.constant([True]).dtype == tf.bool
    assert tf.float32.as_numpy_dtype is np.float32
    assert tf.float32.is_floating
    assert {tf.float32: 1}[tf.float32] == 1
    assert tf.int8.max == 127


def test_collections() -> None:
    tf.add_to_collection("mine", 1)
    tf.get_collection_ref("mine").append(2)
    tf.get_collection("mine").append(3)
    assert tf.get_collection("mine") == [1, 2]
    assert tf.get_collection("nothing") == []


def test_regularizers_collect_losses() -> None:
    regularizer = tf.contrib.layers.l2_regularizer(0.5)
    with tf.variable_scope("s", regularizer=regularizer):
        w = tf.get_variable("w", initializer=[1.0, 2.0])
    x = tf.layers.dense(tf.zeros([1, 2]), 3, kernel_regularizer=regularizer)
    losses = tf.losses.get_regularization_losses()
    assert len(losses) == 2
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(losses[0]) == 0.5 * 5.0 / 2
    assert w.name == "s/w:0"
    assert x.shape == [1, 3]


def test_initializers_may_be_classes_instances_tensors_and_arrays() -> None:
    made = [
        tf.get_variable("a", [2], initializer=tf.zeros_initializer),
        tf.get_variable("b", [2], initializer=tf.ones_initializer()),
        tf.get_variable("c", initializer=tf.constant([3.0, 3.0])),
        tf.get_variable("d", initializer=np.full(2, 4, "f")),
        tf.get_variable("e", [2], initializer=tf.constant_initializer([5.0, 6.0])),
        tf.get_variable("f", [2], tf.int32, tf.zeros_initializer),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = [session.run(v).tolist() for v in made]
    assert found == [[0, 0], [1, 1], [3, 3], [4, 4], [5, 6], [0, 0]]


def test_lookups_have_dense_gradients() -> None:
    table = tf.Variable(np.arange(6.0, dtype="f").reshape(3, 2))
    rows = tf.nn.embedding_lookup(table, [1, 1, 2])
    (grad,) = tf.gradients(tf.reduce_sum(rows), table)
    assert tf.Session().run(grad).tolist() == [[0, 0], [2, 2], [1, 1]]


def test_noise_contrastive_estimation_learns() -> None:
    tf.set_random_seed(0)
    labels = tf.constant([[0], [3], [5], [7]], tf.int64)
    inputs = tf.Variable(tf.random_normal([4, 3]))
    weights, biases = tf.Variable(tf.random_normal([10, 3])), tf.Variable(tf.zeros([10]))
    loss = tf.reduce_mean(tf.nn.nce_loss(weights, biases, labels, inputs, 5, 10))
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = [session.run([loss, train])[0] for _ in range(200)]
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) / 2


def test_candidate_samplers_agree_with_their_expected_counts() -> None:
    tf.set_random_seed(1)
    sampled = tf.nn.log_uniform_candidate_sampler(tf.constant([[0], [9]], tf.int64), 1, 4, True, 10)
    counts = np.zeros(10)
    expected = []
    with tf.Session() as session:
        for _ in range(2000):
            classes, true, _ = session.run(sampled)
            assert len(set(classes)) == 4
            counts[classes] += 1
            expected.append(true.ravel())
    np.testing.assert_allclose(counts[[0, 9]] / 2000, np.mean(expected, axis=0), atol=0.05)


def test_dropout_keeps_the_expected_sum() -> None:
    x = tf.ones([200, 200])
    keep = tf.placeholder(tf.float32, [])
    dropped = tf.nn.dropout(x, keep)
    with tf.Session() as session:
        for rate in (0.2, 0.7):
            value = session.run(dropped, {keep: rate})
            assert value.mean() == pytest.approx(1.0, abs=0.05)
            assert np.unique(value).tolist() == pytest.approx([0.0, 1 / rate])
        assert session.run(dropped, {keep: 1.0}).min() == 1.0


def test_initializers_have_the_spread_they_promise() -> None:
    shape, spreads = [200, 300], []
    for initializer in (
        tf.glorot_uniform_initializer(seed=1),
        tf.glorot_normal_initializer(seed=1),
        tf.variance_scaling_initializer(seed=1),
        tf.variance_scaling_initializer(2.0, "fan_out", "untruncated_normal", seed=1),
        tf.truncated_normal_initializer(seed=1),
        tf.random_uniform_initializer(-2.0, 3.0, seed=1),
        tf.orthogonal_initializer(2.0, seed=1),
    ):
        with tf.Session() as session:
            value = session.run(initializer(shape))
        spreads.append(value.std())
    glorot, scaled = (2 / 500) ** 0.5, (1 / 200) ** 0.5
    wanted = [glorot, glorot, scaled, (2 / 300) ** 0.5, 0.8796, 5 / 12**0.5, 2 / 300**0.5]
    np.testing.assert_allclose(spreads, wanted, rtol=0.02)
    np.testing.assert_allclose(value @ value.T, 4 * np.eye(200), atol=1e-4)
