"""Small programs whose results were recorded from TensorFlow: names, scopes, training, assignments, feeds.

Each is a function of the module that plays TensorFlow, and returns nested lists of numbers, arrays and texts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_random = np.random.RandomState(1)
X = _random.randn(6, 3).astype("f")
Y = _random.randn(6, 2).astype("f")
W = _random.randn(3, 2).astype("f")

BEHAVIOURS: dict[str, Callable] = {}


def behaviour(function: Callable) -> Callable:
    BEHAVIOURS[function.__name__] = function
    return function


def initialized(tf):
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


# Training


def _training(make):
    def program(tf):
        w = tf.Variable(W, name="w")
        b = tf.Variable(tf.zeros([2]), name="b")
        step = tf.Variable(0, trainable=False, name="step")
        loss = tf.reduce_mean(tf.square(tf.matmul(X, w) + b - Y))
        train = make(tf.train).minimize(loss, global_step=step)
        session = initialized(tf)
        losses = [session.run([loss, train])[0] for _ in range(5)]
        names = sorted(v.name for v in tf.global_variables())
        return losses, session.run([w, b, step]), names

    return program


for _name, _make in {
    "gradient_descent": lambda t: t.GradientDescentOptimizer(0.1),
    "momentum": lambda t: t.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda t: t.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda t: t.AdamOptimizer(0.05),
    "adam_with_large_epsilon": lambda t: t.AdamOptimizer(0.05, 0.8, 0.9, 1e-2),
    "rmsprop": lambda t: t.RMSPropOptimizer(0.05),
    "rmsprop_with_momentum": lambda t: t.RMSPropOptimizer(0.05, 0.8, 0.5, 1e-3),
    "rmsprop_centered": lambda t: t.RMSPropOptimizer(0.05, centered=True, momentum=0.3),
    "adagrad": lambda t: t.AdagradOptimizer(0.3),
    "adadelta": lambda t: t.AdadeltaOptimizer(1.0),
    "ftrl": lambda t: t.FtrlOptimizer(0.5),
    "ftrl_regularized": lambda t: t.FtrlOptimizer(
        0.5, l1_regularization_strength=0.1, l2_regularization_strength=0.05
    ),
    "proximal": lambda t: t.ProximalGradientDescentOptimizer(
        0.1, l1_regularization_strength=0.1, l2_regularization_strength=0.1
    ),
}.items():
    BEHAVIOURS[f"train_{_name}"] = _training(_make)


@behaviour
def clipped_gradients(tf):
    w = tf.Variable(W)
    optimizer = tf.train.GradientDescentOptimizer(0.5)
    loss = tf.reduce_sum(tf.square(tf.matmul(X, w)))
    grads, variables = zip(*optimizer.compute_gradients(loss), strict=True)
    clipped, norm = tf.clip_by_global_norm(grads, 1.0)
    train = optimizer.apply_gradients(zip(clipped, variables, strict=True))
    session = initialized(tf)
    return session.run([norm, train])[0], session.run(w)


@behaviour
def learning_rate_that_decays(tf):
    step = tf.Variable(0, trainable=False)
    rate = tf.train.exponential_decay(0.1, step, 2, 0.5, staircase=True)
    v = tf.Variable(1.0)
    train = tf.train.GradientDescentOptimizer(rate).minimize(v * v, global_step=step)
    session = initialized(tf)
    rates = []
    for _ in range(5):
        rates.append(session.run(rate))
        session.run(train)
    return rates, session.run([v, step])


@behaviour
def moving_averages(tf):
    v = tf.Variable(1.0)
    averages = tf.train.ExponentialMovingAverage(0.9)
    grow = tf.assign_add(v, 1.0)
    with tf.control_dependencies([grow]):
        move = averages.apply([v])
    session = initialized(tf)
    seen = []
    for _ in range(3):
        session.run(move)
        seen += session.run([v, averages.average(v)])
    names = [x.name for x in tf.global_variables()]
    return seen, names, averages.average_name(v), sorted(averages.variables_to_restore())


@behaviour
def moving_averages_that_start_fast(tf):
    v = tf.Variable(1.0)
    averages = tf.train.ExponentialMovingAverage(0.9, tf.Variable(3))
    move = averages.apply([v])
    session = initialized(tf)
    session.run(v.assign(5.0))
    session.run(move)
    return session.run(averages.average(v))


# Names and scopes


@behaviour
def names_of_layers(tf):
    x = tf.placeholder(tf.float32, [None, 28, 28, 1])
    h = tf.layers.conv2d(x, 4, 3, activation=tf.nn.relu)
    h = tf.layers.max_pooling2d(h, 2, 2)
    h = tf.layers.conv2d(h, 4, 3, padding="same", strides=2, name="c")
    h = tf.layers.batch_normalization(h, training=True)
    flat = tf.layers.flatten(h)
    d = tf.layers.dense(flat, 5, activation=tf.nn.tanh)
    out = tf.layers.dense(d, 3, use_bias=False, name="out")
    with tf.variable_scope("s"):
        first = tf.layers.dense(out, 2)
    with tf.variable_scope("s", reuse=True):
        again = tf.layers.dense(out, 2)
    up = tf.layers.conv2d_transpose(h, 6, 3, strides=2)
    same = tf.layers.conv2d_transpose(h, 6, 2, strides=3, padding="same")
    return (
        [v.name + str(v.shape) for v in tf.global_variables()],
        [v.name for v in tf.trainable_variables()],
        [str(t.shape) for t in (h, flat, d, out, first, again, up, same)],
        [t.name for t in (first, again)],
    )


@behaviour
def variable_scopes(tf):
    with tf.variable_scope("a") as scope:
        seen = [tf.get_variable("v", [2]).name, tf.add(1.0, 2.0).name]
        with tf.variable_scope("b", initializer=tf.constant_initializer(3.0)):
            seen += [tf.get_variable("w", [2]).name, tf.Variable(1.0).name]
    with tf.variable_scope("a", reuse=True):
        seen += [tf.get_variable("v").name, tf.add(1.0, 2.0).name]
    with tf.variable_scope(scope, reuse=True):
        seen += [tf.get_variable("v").name, tf.add(1.0, 2.0).name]
        seen += [scope.name, scope.original_name_scope]
    for _ in range(2):
        with tf.variable_scope("c", reuse=tf.AUTO_REUSE):
            seen.append(tf.get_variable("v", [1]).name)
    for _ in range(2):
        with tf.variable_scope(None, "d"):
            seen.append(tf.get_variable("v", [1]).name)
    seen += [v.name for v in tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="a/")]
    return seen


@behaviour
def name_scopes(tf):
    with tf.name_scope("n"):
        seen = [tf.get_variable("free", [1]).name, tf.Variable(1.0).name]
        seen += [tf.Variable(1.0, name="q").name, tf.constant(1.0).name]
    with tf.name_scope("n") as second:
        seen.append(second)
    with tf.name_scope("n/"):
        seen.append(tf.constant(1.0).name)
    with tf.name_scope("outer"), tf.name_scope(None):
        seen.append(tf.constant(1.0).name)
    return seen


@behaviour
def unique_names(tf):
    seen = [tf.placeholder(tf.float32, name=n).name for n in (None, "p", "p", "P")]
    a, b = tf.constant(1.0), tf.constant(2.0)
    seen += [t.name for t in (a + b, tf.add(a, b), a * 2.0, 2.0 - a, a / b, a**2, -a, a[None])]
    return [*seen, tf.no_op().name, tf.group(tf.no_op()).name]


@behaviour
def how_things_print(tf):
    things = [tf.constant(1.0), tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32)]
    things += [tf.TensorShape([None, 3]), tf.TensorShape(None), tf.TensorShape([2])]
    return [str(t) for t in things] + [repr(tf.constant([1, 2])), repr(tf.Dimension(3))]


@behaviour
def tags_of_summaries(tf):
    v = tf.Variable([1.0], name="W1")
    with tf.name_scope("Loss"):
        inner = tf.summary.scalar("loss", tf.reduce_sum(v))
    made = [inner, tf.summary.scalar("loss", tf.reduce_sum(v)), tf.summary.histogram(v.name, v)]
    return [t.name for t in made]


# Running


@behaviour
def assignments(tf):
    v = tf.Variable(1.0)
    grow, triple, shrink = v.assign_add(2.0), v.assign(v * 3), v.assign_sub(1.0)
    session = initialized(tf)
    seen = [session.run(t) for t in (grow, v, triple, v, shrink)]
    with tf.control_dependencies([grow]):
        seen.append(session.run(tf.identity(v)))
    session.run(v.initializer)
    seen.append(session.run(v))
    v.load(7.0, session)
    return [*seen, session.run(v), v.eval(session)]


@behaviour
def feeds_and_fetches(tf):
    x = tf.placeholder(tf.float32, [None])
    y = x * 2
    z = y + 1
    with tf.Session() as session:
        return [
            session.run(z, {x: [1, 2]}),
            session.run(z, {y: [5.0]}),
            session.run({"a": z, "b": [y, (x,)]}, {x: [3.0]}),
            session.run([], {}),
            session.run("add:0", {"Placeholder:0": [1.0]}),
            session.run(y.op, {x: [1.0]}),
            session.run([z, z, y.op], {x: np.arange(2)}),
            type(session.run(tf.constant(1.0))).__name__,
            type(session.run(tf.constant([1.0]))).__name__,
        ]


@behaviour
def gradients(tf):
    x, v = tf.constant([1.0, 2.0]), tf.Variable([3.0, 4.0])
    y = tf.reduce_sum(x * v * v)
    alias = tf.identity(v)
    z = tf.reduce_sum(alias * 2 + v * 3)
    stopped = tf.reduce_sum(tf.stop_gradient(x * 2) * x)
    h = x * 2
    found = [
        tf.gradients(y, v)[0],
        tf.gradients(y, x)[0],
        tf.gradients(z, alias)[0],
        tf.gradients(z, v)[0],
        tf.gradients(stopped, x)[0],
        tf.gradients(x * x + v, x, stop_gradients=[v])[0],
        tf.gradients([y, stopped], [x])[0],
        tf.gradients(tf.gradients(y, v)[0], v)[0],
        tf.gradients(h * h * x, x, stop_gradients=[h])[0],
        tf.gradients(x * v, v, grad_ys=tf.constant([5.0, 6.0]))[0],
    ]
    return initialized(tf).run(found), tf.gradients(y, tf.constant(1.0))


@behaviour
def recurrent_cells(tf):
    cells = tf.nn.rnn_cell
    inputs = [tf.constant(X), tf.constant(X * 2)]
    results = []
    for make in (
        lambda: cells.BasicRNNCell(4),
        lambda: cells.BasicLSTMCell(4),
        lambda: cells.GRUCell(4),
        lambda: cells.LSTMCell(4, forget_bias=0.5),
        lambda: cells.MultiRNNCell([cells.BasicLSTMCell(4), cells.GRUCell(3)]),
        lambda: cells.DropoutWrapper(cells.BasicRNNCell(4), output_keep_prob=1.0),
    ):
        start = tf.constant_initializer(0.3)
        with tf.variable_scope(f"net{len(results)}", initializer=start):
            results.append(tf.nn.static_rnn(make(), inputs, dtype=tf.float32))
    with tf.variable_scope("lengths", initializer=tf.constant_initializer(0.3)):
        cell, lengths = cells.BasicLSTMCell(4), [0, 1, 2, 1, 1, 2]
        results.append(tf.nn.static_rnn(cell, inputs, dtype=tf.float32, sequence_length=lengths))
    names = [v.name + str(v.shape) for v in tf.global_variables()]
    return initialized(tf).run(results), names


@behaviour
def batch_normalization(tf):
    training = tf.placeholder(tf.bool, [])
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.layers.batch_normalization(x, training=training, momentum=0.5)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    session = initialized(tf)
    seen = [session.run([y, *updates], {x: X, training: True})[0]]
    seen += [session.run(y, {x: X, training: False}), session.run(tf.global_variables())]
    session.run(updates, {x: X * 3, training: False})
    return [*seen, session.run(tf.global_variables())]


@behaviour
def batch_normalization_of_images(tf):
    images = np.random.RandomState(0).randn(3, 4, 4, 2).astype("f")
    y = tf.layers.batch_normalization(tf.constant(images), training=True, momentum=0.5)
    session = initialized(tf)
    value = session.run([y, *tf.get_collection(tf.GraphKeys.UPDATE_OPS)])[0]
    return value, session.run(tf.global_variables())


@behaviour
def metrics(tf):
    pairs = [
        tf.metrics.accuracy([1, 2, 3], tf.constant([1, 2, 0])),
        tf.metrics.mean([1.0, 2.0]),
        tf.metrics.precision([1, 0, 1], [1, 1, 1]),
        tf.metrics.recall([1, 0, 1], [1, 1, 0]),
        tf.metrics.root_mean_squared_error([1.0, 2.0], [2.0, 4.0]),
    ]
    values, updates = zip(*pairs, strict=True)
    session = tf.Session()
    session.run(tf.local_variables_initializer())
    seen = [session.run(list(values)), session.run(list(updates)), session.run(list(values))]
    return seen, len(tf.local_variables())


def plain(value: object) -> object:
    """Results as JSON takes them; arrays keep their type."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, str):
        return value
    array = np.asarray(value)
    return {"dtype": array.dtype.name, "value": array.tolist()}
