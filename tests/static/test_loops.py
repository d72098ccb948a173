"""What branches and loops are: one graph for every length, the same one however it is written, differentiable again."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf

STEPS = np.random.RandomState(3).randn(3, 6, 2).astype("f")
LENGTHS = np.array([6, 1, 4], "i4")
CELLS = {
    "basic": lambda: tf.nn.rnn_cell.BasicRNNCell(4),
    "gru": lambda: tf.nn.rnn_cell.GRUCell(4),
    "lstm": lambda: tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True, num_proj=3),
    "stacked": lambda: tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.BasicLSTMCell(3), tf.nn.rnn_cell.GRUCell(2)]
    ),
}


def started() -> tf.Session:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


# Recurrent networks


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_loop_gives_what_the_unrolled_network_gives(
    cell: str, lengths: np.ndarray | None
) -> None:
    x = tf.constant(STEPS)
    found = []
    with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
        outputs, state = tf.nn.dynamic_rnn(CELLS[cell](), x, lengths, dtype=tf.float32, scope="rnn")
        found.append((outputs, state))
        unrolled, state = tf.nn.static_rnn(
            CELLS[cell](),
            tf.unstack(x, axis=1),
            dtype=tf.float32,
            sequence_length=lengths,
            scope="rnn",
        )
        found.append((tf.stack(unrolled, axis=1), state))
    weights = tf.trainable_variables()
    assert len({v.name for v in weights}) == len(weights)
    losses = [tf.reduce_sum(tf.square(outputs)) for outputs, _ in found]
    gradients = [tf.gradients(loss, [x, *weights]) for loss in losses]
    (a, b), (g, h) = started().run([found, gradients])
    np.testing.assert_array_equal(a[0], b[0])
    flatten = tf.contrib.framework.nest.flatten
    for mine, other in zip(flatten(a[1]), flatten(b[1]), strict=True):
        np.testing.assert_array_equal(mine, other)
    for mine, other in zip(g, h, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_one_graph_serves_every_length() -> None:
    x = tf.placeholder(tf.float32, [None, None, 2])
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), x, dtype=tf.float32)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(outputs))
    session = started()
    before = len(tf.get_default_graph().programs)
    for t in (1, 6, 3):
        session.run(train, {x: STEPS[:, :t]})
    assert len(tf.get_default_graph().programs) == before + 1


def test_dropout_in_a_loop_drops_anew_in_every_step_and_run() -> None:
    x = tf.ones([1, 50, 8])
    tf.set_random_seed(4)
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicRNNCell(8), output_keep_prob=0.5)
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    gradient = tf.gradients(outputs, x)[0]
    session = started()
    (first,), slope = session.run([outputs, gradient])
    dropped = first == 0
    assert 0.3 < dropped.mean() < 0.7
    assert len({row.tobytes() for row in dropped}) > 40
    assert not np.array_equal(dropped, session.run(outputs)[0] == 0)
    assert np.any(slope != 0)
    again = started()
    np.testing.assert_array_equal(again.run([outputs, gradient])[0][0] == 0, dropped)


def test_variational_dropout_drops_the_same_in_every_step() -> None:
    x = tf.ones([2, 20, 3])
    cell = tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.BasicRNNCell(16), 1.0, 0.5, 0.5, True, 3, tf.float32
    )
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    session = started()
    dropped = session.run(outputs) == 0
    assert (dropped == dropped[:1, :1]).all()
    assert dropped.any()
    assert not dropped.all()


# One program, whichever way it is written


def test_a_loop_over_arrays_is_the_scan() -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.get_variable("w", [3, 3])

    def step(h: tf.Tensor, e: tf.Tensor) -> tf.Tensor:
        return tf.tanh(tf.matmul(tf.expand_dims(h, 0), w)[0] + e)

    scanned = tf.scan(step, x, initializer=tf.zeros([3]))
    n = tf.shape(x)[0]
    source = tf.TensorArray(tf.float32, size=n).unstack(x)

    def body(i: tf.Tensor, h: tf.Tensor, out: tf.TensorArray) -> tuple:
        h = step(h, source.read(i))
        return i + 1, h, out.write(i, h)

    array = tf.TensorArray(tf.float32, size=n)
    _, _, array = tf.while_loop(lambda i, *_: i < n, body, [0, tf.zeros([3]), array])
    looped = array.stack()
    graphs = [bf.graph_of(y, inputs=[x]) for y in (scanned, looped)]
    assert "scan(" in str(graphs[0])
    assert graphs[0].fingerprint() == graphs[1].fingerprint()
    losses = [tf.reduce_sum(tf.square(y)) for y in (scanned, looped)]
    gradients = [bf.graph_of(tf.gradients(loss, [x, w]), inputs=[x]) for loss in losses]
    assert gradients[0].fingerprint() == gradients[1].fingerprint()


def test_graphs_with_regions_are_read_back() -> None:
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.cond(x[0] > 0, lambda: tf.scan(lambda a, b: a + b, x, 0.0), lambda: x * 2)
    z = tf.while_loop(lambda z: tf.reduce_sum(z) < 10, lambda z: z * 2 + 1, [y])
    graph = bf.graph_of(z)
    assert bf.parse(str(graph)).fingerprint() == graph.fingerprint()


# Derivatives


def _check_twice(y: tf.Tensor, x: tf.Tensor, at: float, feeds: dict) -> None:
    first = tf.gradients(y, x)[0]
    second = tf.gradients(first, x)[0]
    session = tf.Session()
    step = 1e-5

    def value(t: tf.Tensor, delta: float = 0.0) -> float:
        return session.run(t, {x: at + delta, **feeds})

    slope = (value(y, step) - value(y, -step)) / (2 * step)
    bend = (value(first, step) - value(first, -step)) / (2 * step)
    np.testing.assert_allclose(value(first), slope, rtol=1e-6)
    np.testing.assert_allclose(value(second), bend, rtol=1e-6)


def test_second_derivatives_of_loops() -> None:
    x = tf.placeholder(tf.float64, [])
    n = tf.placeholder(tf.int32, [])
    _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.sin(y * x) + y), [0, x])
    for trips in (0, 1, 5):
        _check_twice(y * x, x, 0.7, {n: trips})


def test_second_derivatives_of_branches() -> None:
    x = tf.placeholder(tf.float64, [])
    y = tf.cond(x > 1, lambda: tf.exp(x) * x, lambda: x**3)
    _check_twice(y, x, 0.7, {})
    _check_twice(y, x, 1.7, {})


def test_second_derivatives_of_scans() -> None:
    x = tf.placeholder(tf.float64, [])
    steps = tf.constant(np.linspace(0.1, 0.5, 5))
    y = tf.scan(lambda a, e: tf.sin(a * x + e), steps, initializer=tf.zeros([], tf.float64))
    _check_twice(tf.reduce_sum(y * y), x, 0.7, {})


def test_second_derivatives_of_a_network() -> None:
    x = tf.placeholder(tf.float64, [])
    steps = tf.constant(STEPS[:, :3].astype("f8")) * x
    with tf.variable_scope("net", initializer=tf.constant_initializer(0.3)):
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), steps, LENGTHS, dtype=tf.float64)
    y = tf.reduce_sum(outputs**2)
    first = tf.gradients(y, x)[0]
    second = tf.gradients(first, x)[0]
    session = started()
    low, high = (session.run(first, {x: 0.7 + delta}) for delta in (-1e-5, 1e-5))
    bend = session.run(second, {x: 0.7})
    np.testing.assert_allclose(bend, (high - low) / 2e-5, rtol=1e-6)


def test_gradients_inside_a_loop_follow_what_is_outside() -> None:
    w = tf.Variable(2.0)
    z = w * w
    x = tf.constant([1.0, 2.0, 3.0])
    slopes = tf.map_fn(lambda e: tf.gradients(e * z + w * e, w)[0], x)
    assert started().run(slopes).tolist() == [5.0, 10.0, 15.0]


def test_gradients_inside_nested_regions_follow_all_of_them() -> None:
    w = tf.Variable(3.0)

    def outer(i: tf.Tensor, total: tf.Tensor) -> tuple:
        a = w * tf.cast(i, tf.float32)
        part = tf.cond(i > 1, lambda: tf.gradients(a * a, w)[0], lambda: tf.gradients(a, w)[0])
        return i + 1, total + part

    _, total = tf.while_loop(lambda i, _: i < 4, outer, [0, 0.0])
    # d(iw)/dw for 0 and 1, d(iw)^2/dw for 2 and 3
    assert started().run(total) == 0 + 1 + 2 * 4 * 3 + 2 * 9 * 3


def test_a_gradient_with_respect_to_a_constant_that_a_loop_reads() -> None:
    x = tf.constant([1.0, 2.0])
    y = tf.cond(tf.constant(True), lambda: x * x, lambda: x)
    assert tf.Session().run(tf.gradients(y, x)[0]).tolist() == [2.0, 4.0]


def test_a_gradient_that_does_not_exist_is_none() -> None:
    x, y = tf.constant(1.0), tf.constant(2.0)
    z = tf.cond(y > 0, lambda: y * 2, lambda: y)
    assert tf.gradients(z, x) == [None]


# Effects


def test_functions_are_called_once() -> None:
    calls: list[str] = []

    def named(name: str, value: object) -> object:
        calls.append(name)
        return value

    tf.while_loop(lambda i: named("cond", i < 5), lambda i: named("body", i + 1), [0])
    tf.cond(tf.constant(True), lambda: named("true", 1), lambda: named("false", 2))
    tf.scan(lambda a, b: named("scan", a + b), tf.constant([1.0, 2.0]))
    assert calls == ["cond", "body", "true", "false", "scan"]


def test_every_iteration_draws_its_own_numbers() -> None:
    tf.set_random_seed(1)
    drawn = tf.map_fn(lambda e: e * 0 + tf.random_uniform([]), tf.zeros([8]))
    apart = tf.map_fn(lambda e: e * 0 + tf.random_uniform([], seed=5), tf.zeros([8]))
    a, b = tf.Session(), tf.Session()
    first = a.run([drawn, apart])
    assert len({float(x) for row in first for x in row}) == 16
    np.testing.assert_array_equal(first, b.run([drawn, apart]))
    assert not np.array_equal(first[0], a.run(drawn))


def test_a_condition_may_draw() -> None:
    tf.set_random_seed(2)
    i = tf.while_loop(lambda i: tf.random_uniform([]) < 0.8, lambda i: i + 1, [0])
    session = tf.Session()
    found = [session.run(i) for _ in range(30)]
    assert len(set(found)) > 3
    assert 1 < np.mean(found) < 10


def test_a_loop_reads_what_it_assigned() -> None:
    v = tf.Variable(1.0)

    def body(i: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([v.assign(v * 2)]):
            return i + 1

    i = tf.while_loop(lambda i: v < 100, body, [0])
    session = started()
    assert session.run([i, v]) == [7, 1.0]
    assert session.run(v) == 128.0


def test_what_no_result_needs_does_not_run() -> None:
    v = tf.Variable(1.0)

    def body(i: tf.Tensor) -> tf.Tensor:
        v.assign_add(1.0)
        return i + 1

    i = tf.while_loop(lambda i: i < 3, body, [0])
    session = started()
    session.run(i)
    assert session.run(v) == 1.0


def test_a_loop_waits_for_what_is_in_front_of_it() -> None:
    v = tf.Variable(1.0)
    with tf.control_dependencies([v.assign(5.0)]):
        i, x = tf.while_loop(lambda i, x: i < 2, lambda i, x: (i + 1, x + v), [0, 0.0])
    session = started()
    assert session.run([i, x]) == [2, 10.0]


def test_layers_in_a_loop_share_their_variables() -> None:
    def body(i: tf.Tensor, x: tf.Tensor) -> tuple:
        return i + 1, tf.layers.dense(x, 3, name="dense")

    _, y = tf.while_loop(lambda i, x: i < 3, body, [0, tf.ones([2, 3])])
    assert [v.name for v in tf.global_variables()] == ["dense/kernel:0", "dense/bias:0"]
    session = started()
    kernel = session.run(tf.global_variables()[0])
    np.testing.assert_allclose(
        session.run(y), np.ones((2, 3)) @ kernel @ kernel @ kernel, rtol=1e-5
    )


# Feeds, shapes and names


def test_feeds_cut_what_a_loop_reads() -> None:
    x = tf.constant(2.0)
    y = x * 3
    _, z = tf.while_loop(lambda i, z: i < 2, lambda i, z: (i + 1, z * y), [0, 1.0])
    session = tf.Session()
    assert session.run(z) == 36.0
    assert session.run(z, {y: 2.0}) == 4.0


def test_tensors_of_unknown_rank_go_through() -> None:
    x = tf.placeholder(tf.float32)
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x)
    _, z = tf.while_loop(lambda i, z: i < 2, lambda i, z: (i + 1, z + y), [0, x])
    g = tf.gradients(z, x)[0]
    assert z.shape.ndims is None
    session = tf.Session()
    for value in (np.float32(1.5), np.ones(3, "f"), -np.ones((2, 2), "f")):
        factor = 5 if value.sum() > 0 else 3
        found, slope = session.run([z, g], {x: value})
        np.testing.assert_array_equal(found, factor * value)
        np.testing.assert_array_equal(slope, np.full_like(value, factor))


def test_branches_of_different_sizes() -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: x[:1])
    assert y.shape.as_list() == [None]
    session = tf.Session()
    assert session.run(tf.shape(y * 2), {x: [1.0, 2.0]}).tolist() == [2]
    assert session.run(y, {x: [-1.0, -2.0]}).tolist() == [-1.0]


def test_sizes_from_outside_are_known_inside() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    n = tf.shape(x)[0]
    _, y = tf.while_loop(
        lambda i, y: i < 3,
        lambda i, y: (i + 1, y + tf.ones([n, 2]) * tf.reshape(x, [n, 2])),
        [0, x],
    )
    assert tf.Session().run(y, {x: np.ones((3, 2))}).tolist() == [[4.0, 4.0]] * 3


def test_names() -> None:
    i = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])
    y = tf.cond(i > 1, lambda: i * 2, lambda: i)
    with tf.name_scope("mine"):
        z = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], name="loop")
    assert [t.name for t in (i, y, z)] == ["while/Exit:0", "cond/Merge:0", "mine/loop/Exit:0"]
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert {"while/Less", "while/add", "cond/mul", "mine/loop/Less"} <= set(names)
