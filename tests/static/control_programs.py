"""Programs with branches and loops whose results were recorded from TensorFlow.

Each is a function of the module that plays TensorFlow, and returns nested lists of numbers, arrays and texts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_random = np.random.RandomState(2)
V = _random.randn(5).astype("f")
M = _random.randn(4, 3).astype("f")
STEPS = _random.randn(3, 5, 2).astype("f")
"""A batch of 3 sequences of 5 steps of width 2."""
LENGTHS = np.array([5, 2, 3], "i4")

PROGRAMS: dict[str, Callable] = {}


def program(function: Callable) -> Callable:
    PROGRAMS[function.__name__] = function
    return function


def started(tf):
    """A session whose variables hold numbers that do not depend on any generator."""
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    for v in tf.global_variables():
        shape = v.shape.as_list()
        if v.dtype.base_dtype == tf.float32:
            numbers = np.sin(np.arange(1, 1 + int(np.prod(shape))) * (1.7 + len(v.name) % 5))
            v.load(0.5 * numbers.reshape(shape).astype("f"), session)
    return session


# Branches


@program
def cond_takes_one_branch(tf):
    p = tf.placeholder(tf.bool, [])
    x = tf.constant(V)
    y = tf.cond(p, lambda: x * 2, lambda: x - 1)
    g = tf.gradients(y * y, x)
    s = tf.Session()
    return [s.run([y, g], {p: t}) for t in (True, False)]


@program
def cond_of_structures(tf):
    p = tf.placeholder(tf.bool, [])
    x = tf.constant(3.0)
    y = tf.cond(p, lambda: (x, [x + 1, x * x]), lambda: (-x, [x, x]))
    one = tf.cond(p, lambda: [x], lambda: [x + 1])
    strict = tf.cond(p, lambda: [x], lambda: [x + 1], strict=True)
    s = tf.Session()
    return [s.run([y, one, strict], {p: t}) for t in (True, False)], isinstance(strict, list)


@program
def cond_gives_what_was_outside(tf):
    p = tf.placeholder(tf.bool, [])
    a, b = tf.constant(1), tf.constant(2)
    y = tf.cond(p, lambda: a, lambda: b)
    s = tf.Session()
    return [s.run(y, {p: t}) for t in (True, False)]


@program
def cond_inside_cond(tf):
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(
        x > 0,
        lambda: tf.cond(x > 1, lambda: x * x, lambda: tf.sqrt(x)),
        lambda: tf.cond(x < -1, lambda: -x, lambda: x * 3),
    )
    g = tf.gradients(y, x)
    s = tf.Session()
    return [s.run([y, g], {x: v}) for v in (2.0, 0.25, -0.5, -2.0)]


@program
def cond_assigns(tf):
    p = tf.placeholder(tf.bool, [])
    v = tf.Variable(1.0)
    w = tf.Variable(5.0)
    y = tf.cond(p, lambda: v.assign_add(1.0), lambda: w.assign(w * 2))
    s = tf.Session()
    s.run(tf.global_variables_initializer())
    return [(s.run(y, {p: t}), s.run([v, w])) for t in (True, False, True)]


@program
def cond_trains(tf):
    p = tf.placeholder(tf.bool, [])
    w = tf.Variable(2.0, name="w")
    loss = tf.square(w - 1.0)
    step = tf.cond(
        p, lambda: tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss), lambda: tf.no_op()
    )
    s = tf.Session()
    s.run(tf.global_variables_initializer())
    found = []
    for t in (True, True, False, True):
        s.run(step, {p: t})
        found.append(s.run(w))
    return found, sorted(v.name for v in tf.global_variables())


@program
def cond_runs_only_its_branch(tf):
    p = tf.placeholder(tf.bool, [])
    v = tf.Variable(0.0)

    def counted():
        with tf.control_dependencies([v.assign_add(1.0)]):
            return tf.constant(1.0)

    y = tf.cond(p, counted, lambda: tf.constant(0.0))
    s = tf.Session()
    s.run(tf.global_variables_initializer())
    s.run(y, {p: False})
    s.run(y, {p: True})
    return s.run(v)


@program
def case_with_default(tf):
    x = tf.placeholder(tf.float32, [])
    y = tf.case([(x < 0, lambda: -x), (x > 10, lambda: x / 10)], default=lambda: x)
    g = tf.gradients(y, x)
    s = tf.Session()
    return [s.run([y, g], {x: v}) for v in (-3.0, 20.0, 4.0)]


@program
def case_of_a_dict(tf):
    x = tf.placeholder(tf.float32, [])
    cases = {tf.less(x, 0, name="a"): lambda: x - 1, tf.greater(x, 1, name="b"): lambda: x + 1}
    y = tf.case(cases, default=lambda: x * 0, exclusive=True)
    s = tf.Session()
    return [s.run(y, {x: v}) for v in (-3.0, 20.0, 0.5)]


@program
def case_without_default(tf):
    x = tf.placeholder(tf.float32, [])
    y = tf.case([(x < 0, lambda: -x), (x >= 0, lambda: x + 1)])
    s = tf.Session()
    return [s.run(y, {x: v}) for v in (-3.0, 4.0)]


@program
def cond_of_legacy_names(tf):
    y = tf.cond(tf.constant(1) < 2, fn1=lambda: tf.constant(7), fn2=lambda: tf.constant(8))
    return tf.Session().run(y)


# while_loop


@program
def while_counts(tf):
    i = tf.while_loop(lambda i: i < 10, lambda i: i + 3, [0])
    j = tf.while_loop(lambda i: i < 10, lambda i: [i + 3], [0], return_same_structure=True)
    return tf.Session().run([i, j]), isinstance(j, list)


@program
def while_of_nested_variables(tf):
    i, (a, b) = tf.while_loop(
        lambda i, _: i < 10, lambda i, ab: (i + 1, (ab[0] + ab[1], ab[0] - ab[1])), (0, (1, 2))
    )
    return tf.Session().run([i, a, b])


@program
def while_of_a_dict(tf):
    found = tf.while_loop(
        lambda i, d: i < 3,
        lambda i, d: (i + 1, {"a": d["a"] * 2, "b": d["b"] + d["a"]}),
        [0, {"a": tf.constant(1.0), "b": tf.constant(0.0)}],
    )
    return tf.Session().run([found[0], found[1]["a"], found[1]["b"]])


@program
def while_with_a_gradient(tf):
    x = tf.constant(V)
    n = tf.placeholder(tf.int32, [])
    _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.sin(y) * x + y), [0, x])
    g = tf.gradients(y, x)
    s = tf.Session()
    return [s.run([y, g], {n: k}) for k in (0, 1, 4)]


@program
def while_until_a_value(tf):
    x = tf.placeholder(tf.float32, [])
    y = tf.while_loop(lambda y: tf.abs(y * y - x) > 1e-4, lambda y: (y + x / y) / 2, [x])
    g = tf.gradients(y, x)
    s = tf.Session()
    return [s.run([y, g], {x: v}) for v in (2.0, 9.0, 1.0)]


@program
def while_with_weights(tf):
    w = tf.get_variable("w", [3, 3])
    h = tf.constant(M)
    _, y = tf.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w))), [0, h])
    g = tf.gradients(tf.reduce_sum(y), [w, h])
    s = started(tf)
    return s.run([y, g])


@program
def while_that_grows(tf):
    found = tf.while_loop(
        lambda i, x: i < 4,
        lambda i, x: (i + 1, tf.concat([x, [i * 10]], 0)),
        [0, tf.zeros([1], tf.int32)],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
    )
    return tf.Session().run(found), found[1].shape.as_list()


@program
def while_of_an_unknown_size(tf):
    x = tf.placeholder(tf.float32, [None])
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.concat([y, y[:1]], 0)), [0, x])
    return tf.Session().run(y, {x: V})


@program
def while_with_a_largest_number_of_iterations(tf):
    i = tf.while_loop(lambda i: i < 10, lambda i: i + 1, [0], maximum_iterations=4)
    n = tf.placeholder(tf.int32, [])
    j, x = tf.while_loop(
        lambda i, x: i < 10, lambda i, x: (i + 1, x * 2.0), (0, 1.0), maximum_iterations=n
    )
    s = tf.Session()
    return s.run(i), [s.run([j, x], {n: k}) for k in (0, 3, 30)]


@program
def while_inside_while(tf):
    def row(i, total):
        _, inner = tf.while_loop(
            lambda j, t: j < i, lambda j, t: (j + 1, t + tf.cast(j * i, tf.float32)), [0, 0.0]
        )
        return i + 1, total + inner

    _, y = tf.while_loop(lambda i, t: i < 5, row, [0, 0.0])
    return tf.Session().run(y)


@program
def while_inside_while_with_a_gradient(tf):
    x = tf.constant(1.1)

    def outer(i, y):
        _, z = tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * x), [0, y])
        return i + 1, z + y

    _, y = tf.while_loop(lambda i, y: i < 4, outer, [0, x])
    return tf.Session().run([y, tf.gradients(y, x)])


@program
def cond_inside_while(tf):
    x = tf.constant(1.5)

    def body(i, y):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y * x, lambda: y + x)

    _, y = tf.while_loop(lambda i, y: i < 5, body, [0, x])
    return tf.Session().run([y, tf.gradients(y, x)])


@program
def while_inside_cond(tf):
    x = tf.constant(2.0)
    p = tf.placeholder(tf.bool, [])
    y = tf.cond(p, lambda: tf.while_loop(lambda y: y < 100, lambda y: y * x, [x]), lambda: x + 1)
    g = tf.gradients(y, x)
    s = tf.Session()
    return [s.run([y, g], {p: t}) for t in (True, False)]


@program
def while_assigns(tf):
    v = tf.Variable(1.0)

    def body(i):
        with tf.control_dependencies([v.assign_add(2.0)]):
            return i + 1

    i = tf.while_loop(lambda i: i < 3, body, [0])
    s = tf.Session()
    s.run(tf.global_variables_initializer())
    return s.run(i), s.run(v)


@program
def while_without_a_gradient(tf):
    x = tf.constant(2.0)
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [0, x], back_prop=False)
    return tf.Session().run(y)


@program
def gradient_inside_while(tf):
    target = tf.constant(V)

    def descend(i, x):
        loss = tf.reduce_sum(tf.square(x - target) * x)
        return i + 1, x - 0.1 * tf.gradients(loss, x)[0]

    _, x = tf.while_loop(lambda i, x: i < 5, descend, [0, tf.zeros([5])])
    return tf.Session().run(x)


@program
def while_that_reads_a_placeholder(tf):
    x = tf.placeholder(tf.float32)
    _, y = tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, y * 2), [0, x])
    s = tf.Session()
    return s.run(y, {x: 3.0}), s.run(y, {x: V})


# Folds


@program
def scan_of_a_vector(tf):
    x = tf.constant(V)
    y = tf.scan(lambda a, b: a * b + 1, x)
    z = tf.scan(lambda a, b: a * b + 1, x, reverse=True)
    w = tf.scan(lambda a, b: a * b + 1, x, initializer=0.5)
    g = tf.gradients([tf.reduce_sum(y), tf.reduce_sum(z * z), tf.reduce_sum(w)], x)
    return tf.Session().run([y, z, w, g])


@program
def scan_of_structures(tf):
    x, y = tf.constant(V), tf.constant(M)
    found = tf.scan(
        lambda a, e: (a[0] + e[0], a[1] * e[1]), (x[:4], y), initializer=(0.0, tf.ones([3]))
    )
    return tf.Session().run(found)


@program
def fibonacci(tf):
    found = tf.scan(
        lambda a, _: (a[1], a[0] + a[1]), tf.range(10), initializer=(tf.constant(0), tf.constant(1))
    )
    return tf.Session().run(found[0])


@program
def scan_with_weights(tf):
    w = tf.get_variable("w", [2, 2])
    x = tf.constant(STEPS.transpose(1, 0, 2))
    y = tf.scan(lambda h, e: tf.tanh(tf.matmul(h, w) + e), x, initializer=tf.zeros([3, 2]))
    g = tf.gradients(tf.reduce_sum(y[-1]), [w, x])
    s = started(tf)
    return s.run([y, g])


@program
def folds(tf):
    x = tf.constant(V)
    left = tf.foldl(lambda a, b: a * 0.5 - b, x)
    right = tf.foldr(lambda a, b: a * 0.5 - b, x)
    begun = tf.foldl(lambda a, b: a * 0.5 - b, x, initializer=10.0)
    return tf.Session().run([left, right, begun, tf.gradients(left * right, x)])


@program
def maps(tf):
    x = tf.constant(M)
    y = tf.map_fn(lambda r: tf.reduce_sum(r * r), x)
    z = tf.map_fn(lambda r: tf.argmax(r), x, dtype=tf.int64)
    pair = tf.map_fn(lambda t: (t[0] * t[1], t[0] - t[1]), (x, x * 2), dtype=(tf.float32,) * 2)
    return tf.Session().run([y, z, pair, tf.gradients(y, x)])


@program
def map_of_a_batch_that_is_fed(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.map_fn(lambda r: tf.cumsum(r), x)
    s = tf.Session()
    return [s.run(y, {x: M[:n]}) for n in (1, 4)]


# Arrays of tensors


@program
def array_in_a_loop(tf):
    x = tf.constant(V)
    source = tf.TensorArray(tf.float32, size=5).unstack(x)

    def body(i, total, out):
        total = total + source.read(i)
        return i + 1, total, out.write(i, total * total)

    _, total, out = tf.while_loop(
        lambda i, *_: i < 5, body, [0, 0.0, tf.TensorArray(tf.float32, size=5)]
    )
    y = out.stack()
    return tf.Session().run([total, y, tf.gradients(y, x)])


@program
def array_that_grows(tf):
    n = tf.placeholder(tf.int32, [])
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    _, y, array = tf.while_loop(
        lambda i, *_: i < n, lambda i, y, a: (i + 1, y * 1.5, a.write(i, y)), [0, 1.0, array]
    )
    s = tf.Session()
    return [s.run([y, array.stack(), array.size()], {n: k}) for k in (1, 4)]


@program
def array_written_backwards(tf):
    x = tf.constant(V)

    def body(i, out):
        return i - 1, out.write(i, x[i] * tf.cast(i, tf.float32))

    _, out = tf.while_loop(
        lambda i, _: i >= 0, body, [4, tf.TensorArray(tf.float32, 5, element_shape=[])]
    )
    return tf.Session().run([out.stack(), tf.gradients(out.stack(), x)])


@program
def array_read_in_its_loop(tf):
    first = tf.TensorArray(tf.float32, size=6, clear_after_read=False).write(0, 1.0).write(1, 1.0)

    def body(i, a):
        return i + 1, a.write(i, a.read(i - 1) + a.read(i - 2))

    _, out = tf.while_loop(lambda i, _: i < 6, body, [2, first])
    return tf.Session().run(out.stack())


@program
def array_outside_of_loops(tf):
    a = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
    a = a.write(0, [1.0, 2.0]).write(2, [5.0, 6.0]).write(1, [3.0, 4.0])
    b = tf.TensorArray(tf.float32, size=4, clear_after_read=False).unstack(tf.constant(M))
    c = tf.TensorArray(tf.int32, size=3, clear_after_read=False).scatter(
        [2, 0, 1], tf.constant([7, 8, 9])
    )
    d = tf.TensorArray(tf.float32, size=2).split(tf.constant(V[:4]), [2, 2])
    return tf.Session().run(
        [a.stack(), a.read(1), a.concat(), a.size(), b.gather([2, 0]), c.stack(), d.concat()]
    )


# Recurrent networks


def _network(tf, cell, *, lengths, major=False):
    x = tf.constant(STEPS.transpose(1, 0, 2) if major else STEPS)
    outputs, state = tf.nn.dynamic_rnn(
        cell, x, LENGTHS if lengths else None, dtype=tf.float32, time_major=major
    )
    weights = tf.trainable_variables()
    g = tf.gradients(tf.reduce_sum(outputs * outputs), [x, *weights])
    s = started(tf)
    flat = [state] if not isinstance(state, tuple) else list(state)
    flat = [p for part in flat for p in (part if isinstance(part, tuple) else (part,))]
    return s.run([outputs, flat, g]), [v.name for v in weights]


CELLS = {
    "basic": lambda c: c.BasicRNNCell(4),
    "gru": lambda c: c.GRUCell(4),
    "basic_lstm": lambda c: c.BasicLSTMCell(4),
    "lstm": lambda c: c.LSTMCell(4, forget_bias=0.5),
    "lstm_with_peepholes": lambda c: c.LSTMCell(4, use_peepholes=True, cell_clip=0.3),
    "lstm_with_projection": lambda c: c.LSTMCell(4, num_proj=3, proj_clip=0.2),
    "stacked": lambda c: c.MultiRNNCell([c.GRUCell(3), c.BasicLSTMCell(4)]),
    "residual": lambda c: c.ResidualWrapper(c.GRUCell(2)),
    "joined_state": lambda c: c.BasicLSTMCell(4, state_is_tuple=False),
}
for _name, _make in CELLS.items():
    PROGRAMS[f"dynamic_rnn_{_name}"] = lambda tf, make=_make: _network(
        tf, make(tf.nn.rnn_cell), lengths=False
    )
    PROGRAMS[f"dynamic_rnn_{_name}_with_lengths"] = lambda tf, make=_make: _network(
        tf, make(tf.nn.rnn_cell), lengths=True
    )
PROGRAMS["dynamic_rnn_time_major"] = lambda tf: _network(
    tf, tf.nn.rnn_cell.GRUCell(4), lengths=True, major=True
)


@program
def dynamic_rnn_from_a_state(tf):
    cell = tf.nn.rnn_cell.BasicLSTMCell(2)
    begin = tf.nn.rnn_cell.LSTMStateTuple(tf.ones([3, 2]), tf.zeros([3, 2]) + 0.5)
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(STEPS), initial_state=begin, scope="mine")
    s = started(tf)
    return s.run([outputs, state.c, state.h]), [v.name for v in tf.global_variables()]


@program
def dynamic_rnn_over_any_size(tf):
    x = tf.placeholder(tf.float32, [None, None, 2])
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), x, dtype=tf.float32)
    s = started(tf)
    return [s.run(outputs, {x: STEPS[:b, :t]}) for b, t in ((1, 1), (3, 5), (2, 3))]


@program
def two_directions(tf):
    cells = tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.BasicRNNCell(2)
    outputs, states = tf.nn.bidirectional_dynamic_rnn(
        *cells, tf.constant(STEPS), LENGTHS, dtype=tf.float32
    )
    plain, _ = tf.nn.bidirectional_dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.GRUCell(3), tf.constant(STEPS),
        dtype=tf.float32, scope="plain",
    )  # fmt: skip
    s = started(tf)
    return s.run([outputs, states, plain]), [v.name for v in tf.global_variables()]


@program
def unrolled_with_lengths(tf):
    steps = tf.unstack(tf.constant(STEPS), axis=1)
    outputs, state = tf.nn.static_rnn(
        tf.nn.rnn_cell.BasicLSTMCell(3), steps, dtype=tf.float32, sequence_length=LENGTHS
    )
    s = started(tf)
    return s.run([outputs, state.c, state.h])


@program
def unrolled_in_two_directions(tf):
    steps = tf.unstack(tf.constant(STEPS), axis=1)
    outputs, ahead, back = tf.nn.static_bidirectional_rnn(
        tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.GRUCell(3), steps, dtype=tf.float32,
        sequence_length=LENGTHS,
    )  # fmt: skip
    s = started(tf)
    return s.run([outputs, ahead, back])


@program
def raw_network(tf):
    cell = tf.nn.rnn_cell.LSTMCell(3)
    x = tf.TensorArray(tf.float32, size=5).unstack(tf.constant(STEPS.transpose(1, 0, 2)))

    def step(time, output, state, loop_state):
        following = cell.zero_state(3, tf.float32) if output is None else state
        done = time >= LENGTHS
        read = tf.cond(tf.reduce_all(done), lambda: tf.zeros([3, 2]), lambda: x.read(time))
        return done, read, following, output, None

    outputs, state, _ = tf.nn.raw_rnn(cell, step)
    s = started(tf)
    return s.run([outputs.stack(), state.c, state.h]), [v.name for v in tf.global_variables()]


@program
def network_trains(tf):
    x = tf.placeholder(tf.float32, [None, None, 2])
    n = tf.placeholder(tf.int32, [None])
    _, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(4), x, n, dtype=tf.float32)
    w = tf.get_variable("out", [4, 1])
    loss = tf.reduce_mean(tf.square(tf.matmul(state.h, w) - 1.0))
    step = tf.train.AdamOptimizer(0.05).minimize(loss)
    s = started(tf)
    losses = [
        s.run([loss, step], {x: STEPS[:, :t], n: np.minimum(LENGTHS, t)})[0] for t in (5, 3, 4, 5)
    ]
    return losses, s.run(w)


# Sequences


@program
def masks_and_reversals(tf):
    x = tf.constant(STEPS)
    return tf.Session().run(
        [
            tf.sequence_mask(LENGTHS),
            tf.sequence_mask(LENGTHS, 4),
            tf.sequence_mask([[1, 2], [3, 0]], maxlen=tf.constant(3), dtype=tf.float32),
            tf.reverse_sequence(x, LENGTHS, seq_axis=1, batch_axis=0),
            tf.reverse_sequence(x, [2, 1], seq_axis=0, batch_axis=2),
            tf.reverse_sequence(x, LENGTHS, seq_dim=1, batch_dim=0),
        ]
    )


@program
def parts(tf):
    x = tf.constant(M)
    p = tf.dynamic_partition(x, [0, 2, 0, 1], 3)
    stitched = tf.dynamic_stitch([[0, 2], [3], [1]], [x[:2], x[2:3], x[3:] * 2])
    masked = tf.boolean_mask(x, [True, False, True], axis=1)
    g = tf.gradients(tf.reduce_sum(p[0] * p[0]) + tf.reduce_sum(stitched * stitched), x)
    return tf.Session().run([p, stitched, masked, g])


# Python in the middle


@program
def python_computes(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    v = tf.Variable(2.0)
    y = tf.py_func(lambda a: a.T.copy(), [x * v], tf.float32)
    z = tf.py_func(lambda a, b: (a + b, np.int64(a.size)), [y, v], [tf.float32, tf.int64])
    total = tf.reduce_sum(z[0] * 2)
    s = tf.Session()
    s.run(tf.global_variables_initializer())
    changed = v.assign(total)
    return s.run([y, z, total], {x: M}), s.run(changed, {x: M}), s.run(v)


@program
def python_gets_a_shape(tf):
    y = tf.py_func(lambda a: np.cumsum(a, dtype="f"), [tf.constant(V)], tf.float32)
    y.set_shape([5])
    return y.shape.as_list(), tf.Session().run(tf.reduce_max(tf.reshape(y, [5, 1]), 1))
