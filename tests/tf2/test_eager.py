"""Eager values, variables and tapes: what they keep, what they refuse, and what they are called."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf1
import bifront.tf2 as tf

# Values


def test_values_never_change() -> None:
    data = np.ones(3, "f")
    x = tf.constant(data)
    data[0] = 7
    x.numpy()[1] = 7
    assert x.numpy().tolist() == [1, 1, 1]


def test_numpy_takes_tensors() -> None:
    x = tf.constant([1.0, 2.0])
    assert np.add(x, 1).tolist() == [2, 3]
    assert np.asarray(x, "f8").dtype == np.float64
    assert isinstance(np.ones(2, "f") + x, tf.Tensor)
    assert isinstance(x.numpy(), np.ndarray)
    assert isinstance(x[0].numpy(), np.float32)


def test_scalars_count() -> None:
    n = tf.constant(3)
    assert list(range(n)) == [0, 1, 2]
    assert [10, 20, 30, 40][n] == 40
    assert tf.zeros([n, n]).shape == (3, 3)
    assert tf.reshape(tf.range(n * 2), [n, -1]).shape == [3, 2]


def test_equality_is_of_elements() -> None:
    x, y = tf.constant([1, 2]), tf.constant([1, 3])
    assert (x == y).numpy().tolist() == [True, False]
    assert (x != y).numpy().tolist() == [False, True]
    assert x is not None
    assert (x == None) is False  # noqa: E711
    assert (tf.constant([1]) == "text") is False


def test_references_are_keys() -> None:
    x, v = tf.constant(1.0), tf.Variable(1.0)
    table = {x.ref(): "x", v.ref(): "v"}
    assert (table[x.ref()], table[v.ref()]) == ("x", "v")
    assert x.ref() != tf.constant(1.0).ref()
    assert x.ref().deref() is x


def test_shapes_hold_integers() -> None:
    shape = tf.zeros([2, 3]).shape
    assert [*shape, shape[0], shape[-1], len(shape), shape.rank] == [2, 3, 2, 3, 2, 2]
    assert shape[1:] == [3]
    assert shape == tf.TensorShape([2, 3]) == (2, 3)
    assert shape.num_elements() == 6
    assert tf.TensorShape([None, 3])[0] is None
    assert tf.TensorShape(None).rank is None
    assert tf.TensorShape([2]).concatenate([3]).as_list() == [2, 3]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("reduce_summ", "tf.reduce_sum"),
        ("nn.reluu", "tf.nn.relu"),
        ("math.logg", "tf.math.log"),
        ("linalg.matmull", "tf.linalg.matmul"),
        ("random.norml", "tf.random.normal"),
        ("optimizers.Adamm", "tf.optimizers.Adam"),
        ("optimizers.schedules.CosineDecai", "tf.optimizers.schedules.CosineDecay"),
        ("debugging.assert_equall", "tf.debugging.assert_equal"),
    ],
)
def test_missing_names(name: str, near: str) -> None:
    found: object = tf
    *modules, last = name.split(".")
    for module in modules:
        found = getattr(found, module)
    with pytest.raises(bf.MissingNameError) as error:
        getattr(found, last)
    assert near in str(error.value)


def test_missing_methods() -> None:
    with pytest.raises(AttributeError, match=r"Tensor\.numpi"):
        tf.constant(1.0).numpi  # noqa: B018
    with pytest.raises(AttributeError, match=r"Variable\.assing"):
        tf.Variable(1.0).assing  # noqa: B018
    assert not hasattr(tf.constant(1.0), "__array_interface__")


def test_errors_name_the_line() -> None:
    x = tf.constant([[1.0, 2.0]])
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        tf.matmul(x, x)
    assert isinstance(error.value, bf.ShapeError)
    assert "tf.matmul(x, x)" in str(error.value)


def test_declared_graphs_are_left_alone() -> None:
    with tf1.Graph().as_default() as graph:
        declared = tf1.add(1.0, 2.0)
        count = len(graph.get_operations())
        assert float(tf.add(1.0, 2.0)) == 3.0
        assert len(graph.get_operations()) == count
        with tf1.Session() as session:
            assert session.run(declared) == 3.0


def test_placeholders_belong_to_graphs() -> None:
    assert not hasattr(tf, "placeholder")
    assert not hasattr(tf, "Session")


# Variables


def test_assignment_leaves_what_was_read() -> None:
    v = tf.Variable([1.0, 2.0])
    before = v.value()
    given = tf.constant([5.0, 6.0])
    v.assign(given)
    v.assign_add([1.0, 1.0])
    assert before.numpy().tolist() == [1, 2]
    assert given.numpy().tolist() == [5, 6]
    assert v.numpy().tolist() == [6, 7]


def test_variables_have_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(tf.Variable(1.0))


# Tapes


def test_values_keep_no_history() -> None:
    v = tf.Variable(np.ones(4, "f"))
    with tf.GradientTape() as tape:
        y = v * v
        loss = tf.reduce_sum(y)
    kept = weakref.ref(y.array)
    del y
    assert kept() is not None
    tape.gradient(loss, v)
    gc.collect()
    assert kept() is None
    assert loss.array.op is None


def test_tapes_that_are_thrown_away() -> None:
    v = tf.Variable(np.ones(4, "f"))
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
        loss = tf.reduce_sum(y)
    tape.gradient(loss, v)
    kept = weakref.ref(y.array)
    del y
    assert kept() is not None
    del tape
    gc.collect()
    assert kept() is None


def test_no_history_without_a_tape() -> None:
    v = tf.Variable(1.0)
    total = v * 0.0
    for _ in range(3):
        total = total + v * v
    assert total.array.op is None


def test_watch_needs_an_open_tape() -> None:
    tape = tf.GradientTape()
    with pytest.raises(bf.GradientError, match="not recording"):
        tape.watch(tf.constant(1.0))
    with tape, pytest.raises(bf.GradientError, match="already recording"):
        tape.__enter__()
    with tape, pytest.raises(bf.GradientError, match=r"not tf\.Tensor or tf\.Variable"):
        tape.watch("x")


def test_reset() -> None:
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
        tape.reset()
        z = v * v * v
    assert tape.gradient([y, z], v).numpy() == 12.0


def test_side_by_side_with_pytorch() -> None:
    """The imperative style's tensors and its gradients are not disturbed."""
    t = torch.ones(2, requires_grad=True)
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        (t * 3).sum().backward()
        y = x * x
    assert t.grad.tolist() == [3, 3]
    assert tape.gradient(y, x).numpy().tolist() == [2, 4]


# Random numbers


def test_seeds() -> None:
    def draws() -> list:
        tf.random.set_seed(7)
        plain = tf.random.normal([3])
        seeded = [tf.random.uniform([3], seed=1), tf.random.uniform([3], seed=1)]
        return [x.numpy().tolist() for x in (plain, *seeded)]

    first = draws()
    assert first == draws()
    assert first[1] != first[2]
    tf.random.set_seed(8)
    assert tf.random.normal([3]).numpy().tolist() != first[0]


def test_one_seed_gives_one_stream_in_two_styles() -> None:
    tf.random.set_seed(3)
    torch_first = tf.random.normal([4]).numpy()
    torch.manual_seed(3)
    assert torch.randn(4).numpy().tobytes() == torch_first.tobytes()


def test_stateless() -> None:
    a = tf.random.stateless_normal([3], seed=[1, 2])
    assert a.numpy().tolist() == tf.random.stateless_normal([3], seed=(1, 2)).numpy().tolist()
    assert a.numpy().tolist() != tf.random.stateless_normal([3], seed=[1, 3]).numpy().tolist()
    inside = tf.random.stateless_uniform([100], seed=[1, 2], minval=2.0, maxval=3.0).numpy()
    assert inside.min() >= 2.0
    assert inside.max() < 3.0


def test_generators() -> None:
    one, two = tf.random.Generator.from_seed(5), tf.random.Generator.from_seed(5)
    first = one.normal([2]).numpy().tolist()
    assert first == two.normal([2]).numpy().tolist()
    assert first != one.normal([2]).numpy().tolist()


# Optimizers


def test_learning_rate_as_variable_and_function() -> None:
    rate = tf.Variable(0.5)
    v, u = tf.Variable(1.0), tf.Variable(1.0)
    by_variable, by_function = tf.optimizers.SGD(rate), tf.optimizers.SGD(lambda: 0.5)
    for optimizer, variable in ((by_variable, v), (by_function, u)):
        optimizer.apply_gradients([(tf.constant(1.0), variable)])
    rate.assign(0.25)
    by_variable.apply_gradients([(tf.constant(1.0), v)])
    assert (float(v), float(u)) == (0.25, 0.5)


def test_optimizer_variables() -> None:
    w = tf.Variable([1.0], name="w")
    optimizer = tf.optimizers.Adam()
    optimizer.build([w])
    names = [v.name for v in optimizer.variables]
    assert names == ["Adam/iterations:0", "Adam/m/w:0", "Adam/v/w:0"]
    assert all(not v.trainable for v in optimizer.variables)


# Printing


def test_print_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    tf.print("x:", tf.constant([1.0, 2.0]), tf.constant(3), sep="|")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "x:|[1. 2.]|3\n")


def test_structures() -> None:
    given = {"b": [1, (2, 3)], "a": 4}
    assert tf.nest.flatten(given) == [4, 1, 2, 3]
    assert tf.nest.map_structure(lambda x: x * 10, given) == {"b": [10, (20, 30)], "a": 40}


def test_copies() -> None:
    x, v = tf.constant([1.0, 2.0]), tf.Variable([1.0, 2.0], trainable=False, name="v")
    again: tf.Tensor = pickle.loads(pickle.dumps(x))
    assert again.numpy().tolist() == [1, 2]
    assert copy.deepcopy({"x": x})["x"].numpy().tolist() == [1, 2]
    other = copy.deepcopy(v)
    v.assign([5.0, 6.0])
    assert (other.numpy().tolist(), other.trainable, other.name) == ([1, 2], False, "v:0")


# Gradients of the user's own


def test_custom_gradients_know_their_limits() -> None:
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def reads(x: tf.Tensor) -> tuple:
        return x * v, lambda g: g

    @tf.custom_gradient
    def square(x: tf.Tensor) -> tuple:
        return x * x, lambda g: g * 2.0 * x

    with pytest.raises(TypeError, match="uses trainable variables"):
        reads(tf.constant(1.0))
    x = tf.constant(3.0)
    assert float(square(x)) == 9.0
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = square(x)
        with pytest.raises(bf.GradientError, match="once more"):
            inner.gradient(y, x)


def test_custom_gradients_in_functions() -> None:
    @tf.custom_gradient
    def doubled(x: tf.Tensor) -> tuple:
        return x * 1.0, lambda g: g * 2.0

    @tf.function
    def f(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(doubled(x) * x)
        return tape.gradient(y, x)

    for n in (1.0, 2.0, 3.0):
        x = tf.constant([n, n])
        assert f(x).numpy().tolist() == f.python_function(x).numpy().tolist() == [3 * n, 3 * n]
