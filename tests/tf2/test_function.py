"""`tf.function`: runs as graphs, changes nothing twice, and gives what the Python gives."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf1
import bifront.tf2 as tf

X = np.linspace(-1, 1, 12, dtype="f").reshape(4, 3)


def same(a: object, b: object) -> None:
    assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


# How it is written


def test_decorator_with_and_without_arguments() -> None:
    def f(x: tf.Tensor) -> tf.Tensor:
        return x * 2.0

    for made in (
        tf.function(f),
        tf.function()(f),
        tf.function(autograph=False, jit_compile=True, reduce_retracing=True)(f),
        tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])(f),
        bf.function(f),
    ):
        assert made.python_function is f
        assert made.__name__ == "f"
        same(made(tf.constant([1.0, 2.0])), [np.float32(2), np.float32(4)])


def test_a_function_is_not_wrapped_twice() -> None:
    f = tf.function(lambda x: x)
    assert tf.function(f) is f
    with pytest.raises(TypeError, match="takes a function"):
        tf.function(3)


# What runs


def test_later_calls_run_a_graph() -> None:
    runs = []

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        runs.append  # noqa: B018 - the list is looked at, and stays as it is
        return tf.reduce_sum(x * x)

    for scale in (1.0, 2.0, 3.0):
        same(f(tf.constant(X * scale)), tf.reduce_sum((X * scale) * (X * scale)))
    assert (f.stats.calls, f.stats.hits, f.stats.misses) == (3, 2, 1)
    assert f.experimental_get_tracing_count() == 1
    assert len(f.graphs) == 1
    assert "2 hits" in f.explain()


def test_arrays_are_tensors_and_numbers_are_not() -> None:
    @tf.function
    def f(x: tf.Tensor, factor: float) -> tf.Tensor:
        return x * factor

    for _ in range(3):
        same(f(X, 2.0), X * np.float32(2))
        same(f(X + 1, 2.0), (X + 1) * np.float32(2))
    assert f.stats.misses == 1
    same(f(X, 3.0), X * np.float32(3))
    assert f.stats.misses == 2


def test_each_way_has_its_graph() -> None:
    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        if tf.reduce_sum(x) > 0:
            return x * 2.0
        return x - 1.0

    for value in (1.0, -1.0, 2.0, -2.0, 3.0, -3.0):
        given = np.array([value, 0.0], "f")
        same(f(given), given * 2 if value > 0 else given - 1)
    assert (f.stats.misses, f.stats.hits) == (2, 4)


def test_results_are_structures() -> None:
    @tf.function
    def f(x: tf.Tensor) -> dict:
        return {"a": [x, (x + 1.0, None)], "b": 3, "top": tf.math.top_k(x, 1)}

    for _ in range(3):
        found = f(tf.constant([1.0, 5.0]))
        same(found["a"][1][0], np.array([2, 6], "f"))
        assert found["a"][1][1] is None
        assert found["b"] == 3
        same(found["top"].values, np.array([5], "f"))
    assert f.stats.hits == 2


def test_variables_are_returned_as_tensors() -> None:
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        return v.assign_add(x)

    for n in (1, 2, 3):
        found = f(tf.constant([1.0, 1.0]))
        assert isinstance(found, tf.Tensor)
        same(found, np.array([1 + n, 2 + n], "f"))
    assert f.stats.hits == 2


def test_what_was_read_before_stays() -> None:
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        before = v.read_value()
        v.assign_add(x)
        return before

    kept = [v.read_value()]
    for _ in range(4):
        kept.append(f(tf.constant([1.0, 1.0])))
        kept.append(v.value())
    expected = [1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert [int(k[0]) for k in kept] == expected
    assert f.stats.hits == 3


def test_changed_closures_are_seen() -> None:
    settings = {"factor": 2.0}
    data = tf.constant([1.0, 2.0])

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        return x * settings["factor"] + data

    x = tf.constant([1.0, 1.0])
    for factor in (2.0, 2.0, 5.0, 5.0, 2.0):
        settings["factor"] = factor
        same(f(x), np.array([factor + 1, factor + 2], "f"))
    data = tf.constant([0.0, 0.0])
    same(f(x), np.array([2, 2], "f"))


def test_a_changed_learning_rate_is_seen() -> None:
    plain, traced = tf.Variable(1.0), tf.Variable(1.0)
    optimizers = [tf.optimizers.SGD(0.5), tf.optimizers.SGD(0.5)]

    @tf.function
    def step(g: tf.Tensor) -> None:
        optimizers[1].apply_gradients([(g, traced)])

    for rate in (0.5, 0.5, 0.25, 0.25, 0.5):
        for optimizer in optimizers:
            optimizer.learning_rate = rate
        step(tf.constant(1.0))
        optimizers[0].apply_gradients([(tf.constant(1.0), plain)])
        same(plain, traced)
    same(optimizers[0].iterations, optimizers[1].iterations)
    assert step.stats.hits >= 2


def test_schedules_go_on_in_a_function() -> None:
    plain, traced = tf.Variable(1.0), tf.Variable(1.0)
    optimizers = [
        tf.optimizers.SGD(tf.optimizers.schedules.ExponentialDecay(0.5, 2, 0.5)) for _ in range(2)
    ]

    @tf.function
    def step(g: tf.Tensor) -> None:
        optimizers[1].apply_gradients([(g, traced)])

    for _ in range(5):
        step(tf.constant(1.0))
        optimizers[0].apply_gradients([(tf.constant(1.0), plain)])
        same(plain, traced)
    assert step.stats.hits >= 3


def test_an_error_changes_nothing_twice() -> None:
    v = tf.Variable(0.0)

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        v.assign_add(1.0)
        tf.debugging.assert_positive(x)
        return v * x

    for n in range(1, 4):
        f(tf.constant(1.0))
        assert float(v) == n
    with pytest.raises(tf.errors.InvalidArgumentError, match="x > y did not hold"):
        f(tf.constant(-1.0))
    assert float(v) == 4.0, "as Python leaves it"
    same(f(tf.constant(2.0)), np.float32(10))


def test_random_numbers_go_on() -> None:
    @tf.function
    def f() -> tf.Tensor:
        return tf.random.normal([2])

    tf.random.set_seed(3)
    compiled = [f().numpy().tobytes() for _ in range(4)]
    tf.random.set_seed(3)
    assert compiled == [f.python_function().numpy().tobytes() for _ in range(4)]
    assert len(set(compiled)) == 4
    assert f.stats.hits == 3


def test_methods_have_functions_of_their_own() -> None:
    class Scaled(tf.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.factor = tf.Variable(factor)

        @tf.function
        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return x * self.factor

    two, three = Scaled(2.0), Scaled(3.0)
    for _ in range(3):
        same(two(tf.constant([1.0])), np.array([2], "f"))
        same(three(tf.constant([1.0])), np.array([3], "f"))
    assert (Scaled.__call__.stats.calls, Scaled.__call__.stats.hits) == (6, 4)
    graph = two.__call__.get_concrete_function(tf.TensorSpec([None])).graph
    assert len(graph.inputs) == len(graph.states) == 1


def test_printing(capfd: pytest.CaptureFixture[str]) -> None:
    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        tf.print("sum", tf.reduce_sum(x))
        return x

    for n in (1.0, 2.0, 3.0):
        f(tf.constant([n, n]))
    assert f.stats.hits == 2
    assert capfd.readouterr().err.splitlines() == ["sum 2.0", "sum 4.0", "sum 6.0"]


# Gradients


def test_gradients_inside() -> None:
    @tf.function
    def slope(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.sin(x) * x
            first = inner.gradient(y, x)
        return first, outer.gradient(first, x)

    for n in (0.5, 1.0, 1.5):
        x = tf.constant(n)
        for found, expected in zip(slope(x), slope.python_function(x), strict=True):
            same(found, expected)
    assert slope.stats.hits == 2


def test_gradients_through() -> None:
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def f(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.reduce_sum(x * v * v), x * 3.0

    for scale in (1.0, 2.0, 3.0):
        x = tf.constant([scale, -scale])
        found = []
        for function in (f, f.python_function):
            with tf.GradientTape() as tape:
                tape.watch(x)
                a, b = function(x)
                y = a * 2.0 + b[0]
            found.append(tape.gradient(y, [v, x]))
        for mine, expected in zip(*found, strict=True):
            same(mine, expected)
    assert f.stats.hits == 2


def test_tapes_that_do_not_watch() -> None:
    v = tf.Variable(2.0)

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        return x * v

    for _ in range(3):
        x = tf.constant(3.0)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            y = f(x)
        assert tape.gradient(y, [v, x]) == [None, None]
        with tf.GradientTape() as tape:
            y = f(x)
        dv, dx = tape.gradient(y, [v, x])
        assert float(dv) == 3.0
        assert dx is None


def test_a_step_leaves_no_history() -> None:
    v = tf.Variable(np.ones((3, 2), "f"))

    @tf.function
    def step(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.matmul(x, v)))
        v.assign_sub(tape.gradient(loss, v) * 0.1)
        return loss

    for n in range(4):
        loss = step(tf.constant(X))
        if n:
            assert loss.array.op is None
            assert not loss.array.tracked
    assert step.stats.hits == 3


# Signatures and concrete functions


def test_signature_is_held_to() -> None:
    @tf.function(
        input_signature=[tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([], tf.int32)]
    )
    def f(x: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        return x * tf.cast(n, tf.float32)

    same(f(X.tolist(), 2), X * 2)
    same(f(n=2, x=X), X * 2)
    with pytest.raises(TypeError, match="incompatible with input_signature"):
        f(X.T, 2)
    with pytest.raises(TypeError, match="missing a required argument"):
        f(X)
    with pytest.raises(TypeError, match="float32"):
        f(tf.constant(X, tf.float64), 2)


def test_concrete_function() -> None:
    w = tf.Variable(np.ones((3, 2), "f"), name="w")

    @tf.function
    def f(x: tf.Tensor, factor: float) -> tf.Tensor:
        w.assign_add(tf.ones([3, 2]))
        return tf.matmul(x, w) * factor

    concrete = f.get_concrete_function(tf.TensorSpec([None, 3], tf.float32), 2.0)
    assert float(w[0, 0]) == 1.0, "tracing changes no variables"
    graph = concrete.graph
    assert [v.type.dtype.name for v in graph.inputs] == ["float32"]
    assert [s.slot for s in graph.states if s.changes] == ["w"]
    assert concrete.structured_input_signature[0][0] == tf.TensorSpec([None, 3], tf.float32)
    (rows, width) = graph.inputs[0].shape
    assert not isinstance(rows, int)
    assert width == 3
    for n in (2, 9):
        run = bf.compile(graph)
        (found, *_) = run(np.ones((n, 3), "f"), np.ones((3, 2), "f"))
        same(found, np.full((n, 2), 12, "f"))
    same(concrete(tf.constant(X), 2.0), (X @ np.full((3, 2), 2, "f")) * 2)


def test_concrete_functions_draw_no_random_numbers() -> None:
    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        return x + tf.random.normal([3]) + tf.random.uniform([3], seed=4)

    tf.random.set_seed(5)
    expected = f.python_function(tf.constant([0.0, 0.0, 0.0]))
    tf.random.set_seed(5)
    f.get_concrete_function(tf.TensorSpec([3]))
    same(f.python_function(tf.constant([0.0, 0.0, 0.0])), expected)


def test_shapes_are_symbolic() -> None:
    @tf.function
    def f(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        flat = tf.reshape(x, [tf.shape(x)[0], -1])
        other = tf.reshape(x, [x.shape[0] * 2, -1])
        return tf.zeros([tf.shape(flat)[0], 7]), tf.concat([other, other], 0)

    graph = f.get_concrete_function(tf.TensorSpec([None, 4, 3])).graph
    for n in (2, 11):
        a, b = bf.compile(graph)(np.zeros((n, 4, 3), "f"))
        assert a.shape == (n, 7)
        assert b.shape == (4 * n, 6)


def test_one_graph_for_all_sizes() -> None:
    w = tf.Variable(np.linspace(-1, 1, 9, dtype="f").reshape(3, 3))

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def fold(xs: tf.Tensor) -> tf.Tensor:
        h = tf.zeros([1, 3])
        for x in xs:
            h = tf.tanh(tf.matmul(h, w) + x)
        return tf.reduce_sum(h) / tf.cast(tf.shape(xs)[0], tf.float32)

    for n in (3, 4, 7, 12, 5, 20):
        xs = tf.constant(np.sin(np.arange(3 * n, dtype="f")).reshape(n, 3))
        same(fold(xs), fold.python_function(xs))
    assert len(fold.graphs) == 1
    assert fold.stats.misses == 2
    assert "became a scan" in fold.explain()


def test_variables_made_on_the_first_call() -> None:
    class Lazy(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = None

        @tf.function
        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            if self.w is None:
                self.w = tf.Variable(tf.random.normal([x.shape[1], 2]), name="w")
            return tf.matmul(x, self.w)

    layer = Lazy()
    first = layer(tf.constant(X))
    for _ in range(3):
        same(layer(tf.constant(X)), first)
    assert Lazy.__call__.stats.hits == 2


def test_variables_as_arguments() -> None:
    @tf.function
    def add(v: tf.Variable, x: tf.Tensor) -> tf.Tensor:
        v.assign_add(x)
        return v * 2.0

    a, b = tf.Variable(1.0), tf.Variable(10.0)
    for _ in range(3):
        add(a, tf.constant(1.0))
        add(b, tf.constant(1.0))
    assert (float(a), float(b)) == (4.0, 13.0)
    assert add.stats.hits == 4


def test_no_single_graph() -> None:
    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        if x[0] > 0.5:
            return x
        return -x

    with pytest.raises(bf.GraphError, match="branches on the value of a tensor") as error:
        f.get_concrete_function(tf.TensorSpec([2]))
    assert "if x[0] > 0.5:" in str(error.value)


def test_a_python_loop_is_the_static_fold() -> None:
    weights = np.linspace(-1, 1, 16, dtype="f").reshape(4, 4)

    def cell(t: object, h: object, x: object, w: object) -> object:
        return t.tanh(t.reshape(t.matmul(t.reshape(h, [1, 4]), w), [4]) + x)

    w = tf.Variable(weights)

    @tf.function
    def step(xs: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            h = tf.zeros([4])
            for x in xs:
                h = cell(tf, h, x, w)
            loss = tf.reduce_sum(h * h)
        w.assign_sub(tape.gradient(loss, w) * 0.1)
        return loss

    with tf1.Graph().as_default():
        xs = tf1.placeholder(tf1.float32, [None, 4])
        u = tf1.Variable(weights)
        h = tf1.foldl(lambda h, x: cell(tf1, h, x, u), xs, initializer=tf1.zeros([4]))
        loss = tf1.reduce_sum(h * h)
        train = tf1.train.GradientDescentOptimizer(0.1).minimize(loss)
        static = bf.graph_of([loss, train], inputs=[xs])
    eager = step.get_concrete_function(tf.TensorSpec([None, 4])).graph
    assert bf.same(static, eager), bf.diff(static, eager)


# What it keeps


def test_functions_are_freed_with_their_objects() -> None:
    class Holder(tf.Module):
        @tf.function
        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return x * 2.0

    holder = Holder()
    for _ in range(3):
        holder(tf.constant([1.0]))
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    assert gone() is None
