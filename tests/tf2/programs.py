"""Small programs whose results were recorded from TensorFlow 2: tapes, variables, training, functions.

Each is a function of the module that plays TensorFlow, and returns nested lists of numbers, arrays, None and texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_random = np.random.RandomState(1)
X = _random.randn(6, 3).astype("f")
Y = _random.randn(6, 2).astype("f")
W = _random.randn(3, 2).astype("f")
LABELS = np.array([0, 1, 1, 0, 1, 0], "i4")

PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    PROGRAMS[function.__name__] = function
    return function


def plain(value: Any) -> Any:
    """Results as JSON has them: arrays with their element types."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    array = np.asarray(value)
    return {"dtype": array.dtype.name, "value": array.tolist()}


# Tapes


@program
def gradient_of_watched(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * x
    return tape.gradient(y, x)


@program
def gradient_of_unwatched(tf):
    x = tf.constant([1.0, 2.0])
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * v
    return tape.gradient(y, [x, v])


@program
def gradient_in_structures(tf):
    v = {"w": tf.Variable(W), "b": (tf.Variable([1.0, 2.0]), tf.Variable(5.0))}
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.matmul(X, v["w"]) * v["b"][0])
    found = tape.gradient(y, v)
    return [found["w"], list(found["b"])]


@program
def gradient_of_many_targets(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = [v * 2, {"z": v * v}]
    return tape.gradient(y, v)


@program
def gradient_with_cotangents(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = v * v
    return tape.gradient(y, v, output_gradients=tf.constant([10.0, 100.0]))


@program
def unconnected_zeros(tf):
    v, u = tf.Variable([1.0, 2.0]), tf.Variable(W)
    with tf.GradientTape() as tape:
        y = v * v
    return tape.gradient(y, [v, u], unconnected_gradients=tf.UnconnectedGradients.ZERO)


@program
def persistent_tape(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
        z = y * v
    return tape.gradient(y, v), tape.gradient(z, v), tape.gradient(z, y)


@program
def gradient_of_intermediate(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
        z = y * y
    return tape.gradient(z, [y, v])


@program
def computed_after_the_tape(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
    z = y * 3.0
    return tape.gradient(z, v), tape.gradient(y, v)


@program
def stop_recording(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
        with tape.stop_recording():
            z = v * v * v
        u = z * v
    return tape.gradient(y, v), tape.gradient(z, v), tape.gradient(u, v)


@program
def not_watching_variables(tf):
    v, u = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(u)
        y = v * u * u
    return tape.gradient(y, [v, u])


@program
def frozen_variable(tf):
    v, u = tf.Variable(2.0, trainable=False), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * u
    return tape.gradient(y, [v, u]), [w.numpy() for w in tape.watched_variables()]


@program
def second_derivative(tf):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = v**3
        first = inner.gradient(y, v)
    return first, outer.gradient(first, v)


@program
def third_derivative(tf):
    x = tf.constant(1.5)
    with tf.GradientTape() as a:
        a.watch(x)
        with tf.GradientTape() as b:
            b.watch(x)
            with tf.GradientTape() as c:
                c.watch(x)
                y = tf.sin(x) * x**4
            first = c.gradient(y, x)
        second = b.gradient(first, x)
    return first, second, a.gradient(second, x)


@program
def gradient_of_a_gradient_and_its_value(tf):
    x = tf.constant(X)
    w = tf.Variable(W)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(tf.tanh(tf.matmul(x, w)))
        slope = inner.gradient(y, x)
        penalty = y + tf.reduce_mean(tf.square(slope))
    return penalty, outer.gradient(penalty, w)


@program
def two_tapes_side_by_side(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as a, tf.GradientTape() as b:
        y = v * v * v
    return a.gradient(y, v), b.gradient(y, v)


@program
def inner_tape_ends_early(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape(persistent=True) as inner:
            y = v * v
        z = y * v
    return inner.gradient(z, v), outer.gradient(z, v)


@program
def what_one_tape_did_not_see(tf):
    v, u = tf.Variable(2.0), tf.Variable(5.0)
    with tf.GradientTape(persistent=True) as outer, tf.GradientTape(persistent=True) as inner:
        with inner.stop_recording():
            y = v * v
        z = y * u * v
    return inner.gradient(z, [v, u]), outer.gradient(z, [v, u])


@program
def variable_assigned_in_the_tape(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
        v.assign(10.0)
        z = y + v * v * v
    return tape.gradient(z, v), v


@program
def variable_assigned_after_the_tape(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
    before = v.read_value()
    v.assign_add(1.0)
    return tape.gradient(y, v), before, v


@program
def jacobian(tf):
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        y = tf.stack([v[0] * v[1], v[2] * v[2]])
    return tape.jacobian(y, v)


@program
def watch_after_computing(tf):
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.watch(x)
        z = y * x
    return tape.gradient(z, x)


@program
def stop_gradient(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * tf.stop_gradient(v * v)
    return tape.gradient(y, v)


@program
def gradient_called_in_the_block(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
        g = tape.gradient(y, v)
    return g


@program
def a_tape_gives_one_set_of_gradients(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
    tape.gradient(y, v)
    try:
        tape.gradient(y, v)
    except RuntimeError as error:
        return str(error).split(" (")[0].split(" can")[0]
    return "no error"


@program
def gradients_of_indexing(tf):
    v = tf.Variable(X)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(v[1:3, ::2] ** 2) + v[0, -1] * 3.0 + tf.reduce_max(v[..., 1])
    return tape.gradient(y, v)


@program
def gradients_of_gather(tf):
    v = tf.Variable(X)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [0, 2, 0]) ** 2)
    return tf.convert_to_tensor(tape.gradient(y, v))


@program
def python_branches(tf):
    def f(x):
        return x * x if x > 0 else -x

    found = []
    for number in (2.0, -3.0):
        v = tf.Variable(number)
        with tf.GradientTape() as tape:
            y = f(v)
        found.append(tape.gradient(y, v))
    return found


@program
def loop_in_a_tape(tf):
    v = tf.Variable(1.1)
    with tf.GradientTape() as tape:
        y = tf.constant(1.0)
        for _ in range(5):
            y = y * v
    return tape.gradient(y, v)


@program
def custom_gradient(tf):
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)

        def gradient(upstream):
            return upstream * (1 - 1 / (1 + e))

        return tf.math.log(1 + e), gradient

    found = []
    for number in (1.0, 100.0):
        x = tf.constant(number)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = log1pexp(x) * 2.0
        found.append([y, tape.gradient(y, x)])
    return found


@program
def custom_gradient_of_two(tf):
    @tf.custom_gradient
    def both(x, y):
        return (x * y, x + y), lambda a, b: (a * 10.0, b * 100.0)

    v, u = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        p, q = both(v * 1.0, u)
        z = p * 2.0 + q
    return p, q, tape.gradient(z, [v, u])


# Training


def _training(make):
    def run(tf):
        w, b = tf.Variable(W), tf.Variable(tf.zeros([2]))
        optimizer = make(tf.optimizers)
        losses = []
        for _ in range(5):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(tf.matmul(X, w) + b - Y))
            gradients = tape.gradient(loss, [w, b])
            optimizer.apply_gradients(zip(gradients, [w, b], strict=True))
            losses.append(loss)
        return losses, w, b, optimizer.iterations

    return run


for _name, _make in {
    "sgd": lambda o: o.SGD(0.1),
    "sgd_momentum": lambda o: o.SGD(0.1, momentum=0.9),
    "sgd_nesterov": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
    "sgd_weight_decay": lambda o: o.SGD(0.1, weight_decay=0.1),
    "adam": lambda o: o.Adam(0.05),
    "adam_numbers": lambda o: o.Adam(0.05, beta_1=0.8, beta_2=0.9, epsilon=1e-2),
    "adamw": lambda o: o.AdamW(0.05, weight_decay=0.1),
    "rmsprop": lambda o: o.RMSprop(0.05),
    "rmsprop_momentum": lambda o: o.RMSprop(0.05, rho=0.8, momentum=0.5),
    "rmsprop_centered": lambda o: o.RMSprop(0.05, centered=True),
    "adagrad": lambda o: o.Adagrad(0.3),
    "adadelta": lambda o: o.Adadelta(1.0),
    "clipnorm": lambda o: o.SGD(0.1, clipnorm=0.5),
    "clipvalue": lambda o: o.SGD(0.1, clipvalue=0.2),
    "global_clipnorm": lambda o: o.SGD(0.1, global_clipnorm=0.5),
    "schedule": lambda o: o.SGD(o.schedules.ExponentialDecay(0.1, 2, 0.5)),
    "momentum_and_schedule": lambda o: o.SGD(o.schedules.PolynomialDecay(0.1, 4), momentum=0.9),
}.items():
    PROGRAMS[_name] = _training(_make)


@program
def learning_rate_changed(tf):
    v = tf.Variable(1.0)
    optimizer = tf.optimizers.SGD(0.5)
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    optimizer.learning_rate = 0.1
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    return v, float(optimizer.learning_rate)


@program
def minimize_a_function(tf):
    v = tf.Variable([3.0, -1.0])
    optimizer = tf.optimizers.SGD(0.1)
    for _ in range(3):
        optimizer.minimize(lambda: tf.reduce_sum(v * v), [v])
    return v


@program
def minimize_with_a_tape(tf):
    v = tf.Variable([3.0, -1.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(v * v)
    tf.optimizers.SGD(0.1).minimize(loss, [v], tape=tape)
    return v


@program
def logistic_regression(tf):
    w, b = tf.Variable(W), tf.Variable([0.0, 0.0])
    losses = []
    for _ in range(4):
        with tf.GradientTape() as tape:
            logits = tf.matmul(X, w) + b
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=LABELS, logits=logits)
            )
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.5 * dw)
        b.assign_sub(0.5 * db)
        losses.append(loss)
    return losses, w, b


def _layers(tf):
    class Dense(tf.Module):
        def __init__(self, weights, activation=None):
            super().__init__()
            self.w = tf.Variable(weights, name="w")
            self.b = tf.Variable(tf.zeros([weights.shape[1]]), name="b")
            self.activation = activation
            self.calls = tf.Variable(0, trainable=False, name="calls")

        def __call__(self, x):
            y = tf.matmul(x, self.w) + self.b
            return y if self.activation is None else self.activation(y)

    class Network(tf.Module):
        def __init__(self):
            super().__init__(name="network")
            self.second = Dense(np.full((4, 2), 0.3, "f"))
            self.first = Dense(np.linspace(-1, 1, 12, dtype="f").reshape(3, 4), tf.tanh)
            self.scales = {
                "b": tf.Variable(1.0, name="scale"),
                "a": [tf.Variable(2.0, name="shift")],
            }

        def __call__(self, x):
            return self.second(self.first(x)) * self.scales["b"]

    return Network()


@program
def module(tf):
    network = _layers(tf)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(network(tf.constant(X)) - Y))
    variables = network.trainable_variables
    return (
        loss,
        [v.name for v in network.variables],
        [v.name for v in variables],
        [m.name for m in network.submodules],
        network.name,
        tape.gradient(loss, variables),
    )


# Variables


@program
def variables(tf):
    v = tf.Variable([1, 2], name="v", dtype=tf.int64)
    w = tf.Variable(lambda: tf.ones([2]), trainable=False)
    w.assign_add([1.0, 2.0])
    kept = w.value()
    w.assign(kept * 10.0)
    return [v, w, kept, v.dtype.name, w.trainable, v.trainable, v.name, w.shape.as_list(), v[1] + 3]


# Functions


@program
def function(tf):
    @tf.function
    def f(x, y):
        return x * y + 1.0, {"sum": tf.reduce_sum(x)}

    a, b = f(tf.constant([1.0, 2.0]), 3.0)
    c, d = f(tf.constant([4.0, 5.0]), 3.0)
    return a, b["sum"], c, d["sum"]


@program
def function_changes_variables(tf):
    v = tf.Variable(1.0)

    @tf.function
    def f(x):
        v.assign_add(x)
        return v * 2.0

    return [f(tf.constant(1.0)), f(tf.constant(5.0)), f(tf.constant(7.0)), v]


@program
def training_in_a_function(tf):
    w, b = tf.Variable(W), tf.Variable(tf.zeros([2]))
    optimizer = tf.optimizers.Adam(0.05)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b]))  # noqa: B905
        return loss

    losses = [step(tf.constant(X), tf.constant(Y)) for _ in range(6)]
    return losses, w, b


@program
def branches_in_a_function(tf):
    @tf.function
    def f(x):
        if tf.reduce_sum(x) > 0:
            return x * 2.0
        else:
            return x - 1.0

    inputs = [[1.0, 2.0], [-1.0, -2.0], [3.0, 1.0], [-5.0, 1.0], [2.0, 2.0]]
    return [f(tf.constant(x)) for x in inputs]


@program
def loop_in_a_function(tf):
    @tf.function
    def collatz(n):
        steps = tf.constant(0)
        while n > 1:
            if n % 2 == 0:
                n = n // 2
            else:
                n = 3 * n + 1
            steps += 1
        return steps

    return [collatz(tf.constant(n)) for n in (1, 6, 7, 27, 6)]


@program
def function_in_a_tape(tf):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x):
        return tf.reduce_sum(x * v * v)

    found = []
    for scale in (1.0, 2.0, 3.0, 4.0):
        x = tf.constant([scale, -scale])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x) * 2.0
        found.append([y, tape.gradient(y, [v, x])])
    return found


@program
def function_called_by_a_function(tf):
    @tf.function
    def inner(x):
        return x * x

    @tf.function
    def outer(x):
        return inner(x) + inner(x + 1.0)

    return [outer(tf.constant(float(i))) for i in range(4)]


@program
def signature(tf):
    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def f(x):
        return tf.reduce_mean(x, axis=0) * tf.cast(tf.shape(x)[0], tf.float32)

    found = [f(tf.constant(X[:n])) for n in (1, 2, 5, 6)]
    try:
        f(tf.constant(W))
    except (TypeError, ValueError):
        found.append("refused")
    return found


@program
def method_as_function(tf):
    class Counter(tf.Module):
        def __init__(self):
            super().__init__()
            self.count = tf.Variable(0.0)

        @tf.function
        def add(self, x):
            self.count.assign_add(x)
            return self.count * 10.0

    one, two = Counter(), Counter()
    return [one.add(1.0), two.add(5.0), one.add(1.0), two.add(5.0), one.count, two.count]
