"""Python in the middle of a run: printing, assertions and functions of arrays."""

from __future__ import annotations

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf

# What TensorFlow 2.15 prints for these with summarize=3 and with summarize=100.
PRINTED = [
    (1, "[1]", "[1]"),
    (1.5, "[1.5]", "[1.5]"),
    ([1, 2, 3, 4, 5], "[1 2 3...]", "[1 2 3 4 5]"),
    ([[1, 2], [3, 4]], "[[1 2][3...]...]", "[[1 2][3 4]]"),
    ([[1, 2, 3, 4], [5, 6, 7, 8]], "[[1 2 3...]...]", "[[1 2 3 4][5 6 7 8]]"),
    (np.arange(8).reshape(2, 2, 2), "[[[0 1][2...]]...]", "[[[0 1][2 3]][[4 5][6 7]]]"),
    (True, "[1]", "[1]"),
    (1e-9, "[1e-09]", "[1e-09]"),
    (1 / 3, "[0.333333343]", "[0.333333343]"),
    (np.float64(1 / 3), "[0.33333333333333331]", "[0.33333333333333331]"),
    (123456789.0, "[123456792]", "[123456792]"),
    (np.zeros((2, 0)), "[]", "[]"),
    (float("nan"), "[nan]", "[nan]"),
    (-0.0, "[-0]", "[-0]"),
    (1e10, "[1e+10]", "[1e+10]"),
    ("abc", "[abc]", "[abc]"),
]


@pytest.mark.parametrize(("value", "short", "long"), PRINTED, ids=lambda v: str(v)[:12])
def test_print_writes_what_tensorflow_writes(
    value: object, short: str, long: str, capsys: pytest.CaptureFixture[str]
) -> None:
    session = tf.Session()
    x = tf.constant(1.0)
    assert session.run(tf.Print(x, [tf.constant(value)], "m:")) == 1.0
    session.run(tf.Print(x, [tf.constant(value), value], summarize=100))
    assert capsys.readouterr().err == f"m:{short}\n{long}{long}\n"


def test_print_is_a_tensor_with_a_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.Print(x, [x, tf.reduce_sum(x)], "x ", first_n=2) * 3
    g = tf.gradients(y, x)[0]
    session = tf.Session()
    for k in range(3):
        assert session.run([y, g], {x: [k, 1.0]})[1].tolist() == [3.0, 3.0]
    assert capsys.readouterr().err == "x [0 1][1]\nx [1 1][2]\n"
    assert [node.op.name for node in bf.graph_of(y, inputs=[x]).nodes] == ["constant", "mul"]


def test_the_later_print(capsys: pytest.CaptureFixture[str]) -> None:
    rows = tf.constant(np.arange(100.0, dtype="f").reshape(10, 10))
    session = tf.Session()
    session.run(tf.print("v", tf.constant([[1, 2], [3, 4]]), [tf.constant(1.5), 2], sep="|"))
    session.run(tf.print(rows, summarize=1))
    session.run(tf.print(tf.constant("a"), tf.constant(["a", "b"])))
    assert capsys.readouterr().err == (
        'v|[[1 2]\n [3 4]]|[1.5, 2]\n[[0 ... 9]\n ...\n [90 ... 99]]\n"a" ["a" "b"]\n'
    )


def test_effects_come_in_the_order_of_their_declaration(capsys: pytest.CaptureFixture[str]) -> None:
    x = tf.constant(1.0)
    first = tf.print("first", x)
    y = tf.py_func(lambda a: print("python") or a, [x], tf.float32)
    last = tf.Print(y, [y], "last ")
    tf.Session().run([last, first])
    told = capsys.readouterr()
    assert told.err == "first 1\nlast [1]\n"
    assert told.out == "python\n"


def test_python_is_called_once_in_a_run() -> None:
    calls = []

    def twice(a: np.ndarray) -> np.ndarray:
        calls.append(a.shape)
        return a * np.float32(2)

    x = tf.placeholder(tf.float32, name="x")
    y = tf.py_func(twice, [x], tf.float32)
    z = tf.py_func(lambda a: a + np.float32(1), [tf.reduce_sum(y)], tf.float32)
    session = tf.Session()
    assert session.run([y * z, y], {x: [1.0, 2.0]})[0].tolist() == [14.0, 28.0]
    assert session.run(z * y, {x: 3.0}) == 42.0
    assert session.run(z, {x: [[1.0]]}) == 3.0
    assert calls == [(2,), (), (1, 1)]
    assert session.run(z, {y: [5.0, 5.0]}) == 11.0
    assert len(calls) == 3


def test_what_python_gives_may_change_its_rank() -> None:
    shapes = iter([(), (3,), (2, 2), (3,)])
    y = tf.py_func(lambda: np.ones(next(shapes), "f"), [], tf.float32)
    z = tf.reduce_sum(y * 2)
    session = tf.Session()
    assert [session.run(z) for _ in range(4)] == [2.0, 6.0, 8.0, 6.0]


def test_states_draws_and_python_fit_together() -> None:
    tf.set_random_seed(3)
    v = tf.Variable(1.0)
    r = tf.random_uniform([2])
    y = tf.py_func(lambda a: a[::-1].copy(), [r * v], tf.float32)
    y.set_shape([2])
    changed = v.assign_add(tf.reduce_sum(y))
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    total = 1.0
    seen = []
    for _ in range(3):
        drawn, turned, now = session.run([r, y, changed])
        np.testing.assert_allclose(turned, drawn[::-1] * total, rtol=1e-6)
        total += turned.sum()
        np.testing.assert_allclose(now, total, rtol=1e-6)
        seen.append(drawn.tobytes())
    assert session.run(v) == now
    assert len(set(seen)) == 3


def test_a_function_that_fails_changes_no_variable() -> None:
    def fails() -> np.float32:
        raise KeyError("mine")

    v = tf.Variable(1.0)
    changed = v.assign(tf.py_func(fails, [], tf.float32) * 2)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    with pytest.raises(KeyError, match="mine"):
        session.run(changed)
    assert session.run(v) == 1.0


def test_what_a_function_keeps_or_changes_is_its_own() -> None:
    kept: list[np.ndarray] = []

    def spoils(a: np.ndarray) -> np.ndarray:
        kept.append(a)
        a[:] = 7
        return a

    x = tf.constant([1.0, 2.0]) * 1.0
    y = tf.py_func(spoils, [x], tf.float32)
    v = tf.Variable([0.0, 0.0])
    stored = v.assign(y)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    a, b, _ = session.run([x, y, stored])
    assert a.tolist() == [1.0, 2.0]
    kept[0][:] = 9
    b[:] = 8
    assert session.run(v).tolist() == [7.0, 7.0]


def test_no_gradient_flows_through_python() -> None:
    x = tf.constant(2.0)
    y = tf.py_func(lambda a: a * np.float32(3), [x], tf.float32)
    assert tf.gradients(y, x) == [None]
    assert tf.Session().run(tf.gradients(y * x, x)[0]) == 6.0


def test_one_function_with_several_results() -> None:
    a, b, c = tf.py_func(
        lambda n: (np.arange(n), "text", np.float64(n) / 2), [tf.constant(3, tf.int64)],
        [tf.int64, tf.string, tf.float64],
    )  # fmt: skip
    assert [x.tolist() if hasattr(x, "tolist") else x for x in tf.Session().run([a * 2, b, c])] == [
        [0, 2, 4], b"text", 1.5,
    ]  # fmt: skip


def test_a_program_with_python_in_its_middle_is_no_one_graph() -> None:
    y = tf.py_func(lambda: np.float32(1), [], tf.float32)
    with pytest.raises(NotImplementedError, match="no one graph"):
        bf.graph_of(y * 2)


def test_an_assertion_that_holds_is_not_seen() -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.control_dependencies([tf.Assert(x > 0, [x])]):
        y = tf.sqrt(x)
    assert tf.Session().run(y, {x: [4.0, 9.0]}).tolist() == [2.0, 3.0]


def test_a_branch_on_whether_a_variable_has_a_value() -> None:
    v = tf.Variable(3.0)
    y = tf.cond(tf.is_variable_initialized(v), lambda: tf.constant(1), lambda: tf.constant(2))
    session = tf.Session()
    assert session.run(y) == 2
    session.run(tf.global_variables_initializer())
    assert session.run(y) == 1


def test_an_assertion_is_told_before_what_fails_after_it() -> None:
    x = tf.placeholder(tf.float32, [None])
    with tf.control_dependencies([tf.Assert(tf.size(x) > 0, ["nothing"])]):
        last = tf.identity(x)[-1]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"assertion failed: \[nothing\]"):
        tf.Session().run(last, {x: []})


# Inside loops and branches


def test_a_loop_tells_what_it_printed_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    def body(i: tf.Tensor, x: tf.Tensor) -> tuple:
        return tf.Print(i + 1, [i]), tf.Print(x * 2.0, [x, tf.constant("text")], "x:")

    last = tf.while_loop(lambda i, _: i < 3, body, (0, 1.0))
    assert tf.Session().run(last) == (3, 8.0)
    assert capsys.readouterr().err == "[0]\nx:[1][text]\n[1]\nx:[2][text]\n[2]\nx:[4][text]\n"


def test_scans_tell_from_their_first_iteration_on(capsys: pytest.CaptureFixture[str]) -> None:
    x = tf.constant([1.0, 2.0, 3.0])
    session = tf.Session()
    session.run(tf.scan(lambda a, e: tf.Print(a + e, [e]), x, 0.0, reverse=True))
    session.run(tf.map_fn(lambda e: tf.Print(e, [e], "m"), x))
    assert capsys.readouterr().err == "[3]\n[2]\n[1]\nm[1]\nm[2]\nm[3]\n"


def test_only_the_branch_that_runs_prints(capsys: pytest.CaptureFixture[str]) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.cond(x[0] > 0, lambda: tf.Print(x, [x], "a"), lambda: tf.Print(-x, [x[0]], "b"))
    g = tf.gradients(y, x)[0]
    session = tf.Session()
    session.run([y, g], {x: [1.0, 2.0]})
    session.run(g, {x: [-1.0]})
    assert capsys.readouterr().err == "a[1 2]\nb[-1]\n"


def test_nested_loops_tell(capsys: pytest.CaptureFixture[str]) -> None:
    def outer(i: tf.Tensor, a: tf.Tensor) -> tuple:
        _, a = tf.while_loop(
            lambda j, _: j < 2, lambda j, a: (j + 1, tf.Print(a + 1, [i, j])), [0, a]
        )
        return i + 1, tf.cond(a > 3, lambda: tf.Print(a, [a], "big"), lambda: a)

    _, last = tf.while_loop(lambda i, _: i < 2, outer, [0, 0])
    assert tf.Session().run(last) == 4
    assert capsys.readouterr().err == "[0][0]\n[0][1]\n[1][0]\n[1][1]\nbig[4]\n"


def test_an_assertion_in_a_loop() -> None:
    v = tf.Variable(0)

    def body(i: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.Assert(i < 5, ["i is", i]), v.assign_add(1)]):
            return i + 1

    n = tf.placeholder(tf.int32, [])
    i = tf.while_loop(lambda i: i < n, body, [0])
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    assert session.run(i, {n: 5}) == 5
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"assertion failed: \[i is\] \[5\]"):
        session.run(i, {n: 8})
    assert session.run(v) == 5


def test_what_changes_its_size_is_not_printed_in_a_loop() -> None:
    def body(i: tf.Tensor, x: tf.Tensor) -> tuple:
        return i + 1, tf.concat([tf.Print(x, [tf.where(x > 0)]), x], 0)

    shapes = [tf.TensorShape([]), tf.TensorShape([None])]
    with pytest.raises(NotImplementedError, match="size is the same in all iterations"):
        tf.while_loop(lambda i, _: i < 3, body, [0, tf.ones([1])], shapes)
