"""Mistakes with branches and loops are told with the user's lines: all of them, the guilty one first."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf

HERE = Path(__file__).name
LINES = Path(__file__).read_text().splitlines()


def carry_of_another_type():
    x = tf.constant(1.0)  # first
    tf.while_loop(  # guilty
        lambda x: x < 10,
        lambda x: tf.cast(x, tf.int32),  # second
        [x],
    )


def carry_of_another_shape():
    x = tf.zeros([1, 2])  # first
    tf.while_loop(  # guilty
        lambda i, x: i < 10,
        lambda i, x: (i + 1, tf.concat([x, x], 0)),  # second
        [0, x],
    )


def shape_that_is_not_invariant():
    x = tf.zeros([2, 3])  # first
    tf.while_loop(  # guilty
        lambda x: True, lambda x: x, [x], shape_invariants=[tf.TensorShape([None, 4])]
    )


def too_few_results():
    tf.while_loop(lambda i, j: i < 10, lambda i, j: i + 1, [0, 0])  # guilty


def another_structure():
    tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, [t[0], t[1]]), [0, (1, 2)])  # guilty


def condition_that_is_no_bool():
    tf.while_loop(  # guilty
        lambda i: i - 10,  # first
        lambda i: i + 1,
        [0],
    )


def condition_that_is_no_scalar():
    x = tf.zeros([3])
    tf.while_loop(  # guilty
        lambda x: x < 1,  # first
        lambda x: x + 1,
        [x],
    )


def no_loop_variables():
    tf.while_loop(lambda: True, lambda: [], [])


def branches_of_different_types():
    x = tf.constant(1.0)
    tf.cond(  # guilty
        x > 0,
        lambda: x + 1,  # first
        lambda: tf.cast(x, tf.int32),  # second
    )


def branches_of_different_ranks():
    x = tf.constant([1.0])
    tf.cond(  # guilty
        tf.constant(True),
        lambda: x + 1,  # first
        lambda: x[0] * 2,  # second
    )


def branches_of_different_structures():
    x = tf.constant(1.0)
    tf.cond(x > 0, lambda: (x, x), lambda: (x, x, x))  # guilty


def branch_that_returns_nothing():
    tf.cond(tf.constant(True), lambda: None, lambda: 1)  # guilty


def pred_that_is_no_scalar():
    p = tf.constant([True, False])  # first
    tf.cond(p, lambda: 1, lambda: 2)  # guilty


def pred_that_is_no_bool():
    p = tf.constant(1)  # first
    tf.cond(p, lambda: 1, lambda: 2)  # guilty


def pred_of_python():
    tf.cond(True, lambda: 1, lambda: 2)


def tensor_of_one_loop_in_another():
    kept = []

    def body(i):
        kept.append(i * 2)  # first
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])  # second
    tf.while_loop(lambda i: i < 3, lambda i: i + kept[0], [0])  # guilty


def tensor_of_a_loop_outside():
    kept = []

    def body(i):
        kept.append(i * 2)  # first
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])  # second
    tf.constant(1) + kept[0]  # guilty


def tensor_of_one_branch_in_the_other():
    x, kept = tf.constant(1.0), []

    def then():
        kept.append(x + 1)  # first
        return kept[0]

    tf.cond(x > 0, then, lambda: kept[0] * 2)  # guilty


def result_of_another_loop():
    kept = []

    def body(i):
        kept.append(i * 2)  # first
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])  # second
    tf.while_loop(lambda i: i < 3, lambda i: kept[0], [0])  # guilty


def dependency_on_a_loop():
    kept = []

    def body(i):
        kept.append(i * 2)  # first
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])
    with tf.control_dependencies(kept):
        tf.no_op()  # guilty


def fetch_of_a_loop():
    kept = []

    def body(i):
        kept.append(i * 2)  # first
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])  # second
    tf.Session().run(kept[0])  # guilty


def feed_of_a_loop():
    kept = []

    def body(i):
        kept.append(i * 2)  # first
        return i + 1

    last = tf.while_loop(lambda i: i < 3, body, [0])  # second
    tf.Session().run(last, {kept[0]: 1})  # guilty


def variable_begun_in_a_loop():
    def body(i):
        tf.Variable(tf.cast(i, tf.float32))  # guilty
        return i + 1

    tf.while_loop(lambda i: i < 3, body, [0])


def fold_of_another_type():
    x = tf.constant([1.0, 2.0])
    start = tf.constant(0)  # first
    tf.scan(lambda a, b: tf.cast(a, tf.float32) + b, x, start)  # guilty


def fold_of_another_structure():
    x = tf.constant([1.0, 2.0])
    tf.scan(lambda a, b: (a, b), x)  # guilty


def map_of_a_scalar():
    x = tf.constant(1.0)  # first
    tf.map_fn(lambda e: e, x)  # guilty


def array_read_before_it_is_written():
    array = tf.TensorArray(tf.float32, size=3)
    array.stack()  # guilty


def element_of_another_shape():
    array = tf.TensorArray(tf.float32, size=3).write(0, [1.0, 2.0])  # second
    array.write(1, [1.0, 2.0, 3.0])  # guilty


def network_without_a_state():
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), tf.zeros([2, 4, 5]))


def network_without_steps():
    x = tf.zeros([4])  # first
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), x, dtype=tf.float32)  # guilty


def assertion():
    x = tf.placeholder(tf.float32, [None])
    check = tf.Assert(  # first
        tf.reduce_all(x > 0), ["x is", x]
    )
    with tf.control_dependencies([check]):
        y = tf.sqrt(x)
    tf.Session().run(y, {x: [4.0, -1.0]})  # second


def no_case_holds():
    x = tf.constant(1)
    y = tf.case([(x > 2, lambda: x), (x > 3, lambda: x)])  # first
    tf.Session().run(y)  # second


def two_cases_hold():
    x = tf.constant(5)
    y = tf.case(  # first
        [(x > 2, lambda: x), (x > 3, lambda: x)], default=lambda: x, exclusive=True
    )
    tf.Session().run(y)  # second


def python_of_another_type():
    y = tf.py_func(lambda: 1.5, [], tf.float32)  # first
    tf.Session().run(y)  # second


def python_of_another_shape():
    y = tf.py_func(lambda: np.zeros(3, "f"), [], tf.float32)  # first
    y.set_shape([2])
    tf.Session().run(y)


def python_in_a_loop():
    def body(i):
        return tf.py_func(lambda n: n + np.int32(1), [i], tf.int32)  # first

    tf.while_loop(lambda i: i < 3, body, [0])  # guilty


def sizes_that_differ_in_a_run():
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    _, z = tf.while_loop(lambda i, z: i < 3, lambda i, z: (i + 1, z[:1] + y), [0, x])
    tf.Session().run(z, {x: [1.0, 2.0], y: [1.0, 2.0, 3.0]})  # second


CASES = [
    (carry_of_another_type, TypeError,
     "Loop variable 0 (Const:0) enters the loop with type float32, but has type int32 after one iteration"),
    (carry_of_another_shape, ValueError,
     "The shape for loop variable 1 (zeros:0) is not an invariant for the loop. It enters the loop with "
     "shape (1, 2), but has shape (2, 2) after one iteration."),
    (shape_that_is_not_invariant, ValueError,
     "The shape invariant specified for zeros:0 is not compatible with the initial shape"),
    (too_few_results, ValueError, "Number of inputs and outputs of body must match loop_vars: 2, 1"),
    (another_structure, ValueError, "element 1 of the whole is a tuple in one and a list in the other"),
    (condition_that_is_no_bool, TypeError, "cond of while_loop must return a scalar bool"),
    (condition_that_is_no_scalar, ValueError, "cond of while_loop must return a scalar bool"),
    (no_loop_variables, ValueError, "No loop variables provided"),
    (branches_of_different_types, ValueError,
     "Outputs of true_fn and false_fn must have the same type: output 0 is f32[] in one and i32[] in the "
     "other"),
    (branches_of_different_ranks, ValueError,
     "Outputs of true_fn and false_fn must have the same type: output 0 is f32[1] in one and f32[] in the "
     "other"),
    (branches_of_different_structures, ValueError, "the whole has 2 elements in one and 3 in the other"),
    (branch_that_returns_nothing, ValueError, "true_fn must have a return value."),
    (pred_that_is_no_scalar, ValueError, "pred of cond must be a scalar of type bool"),
    (pred_that_is_no_bool, TypeError, "pred of cond must be a scalar of type bool"),
    (pred_of_python, TypeError, "pred must not be a Python bool"),
    (tensor_of_one_loop_in_another, ValueError,
     "is part of the loop 'while', and cannot be used in the loop 'while_1'"),
    (tensor_of_a_loop_outside, ValueError, "is part of the loop 'while', and cannot be used outside it"),
    (tensor_of_one_branch_in_the_other, ValueError,
     "is part of the true branch of 'cond', and cannot be used in the false branch of 'cond'"),
    (result_of_another_loop, ValueError,
     "is part of the loop 'while', and cannot be used in the loop 'while_1'"),
    (dependency_on_a_loop, ValueError, "is part of the loop 'while', and cannot be used outside it"),
    (fetch_of_a_loop, ValueError, "Operation 'while/mul' has been marked as not fetchable"),
    (feed_of_a_loop, ValueError, "Tensor 'while/mul:0' may not be fed"),
    (variable_begun_in_a_loop, ValueError, "is part of the loop 'while', and cannot be used outside it"),
    (fold_of_another_type, TypeError,
     "value 0 that the scan 'scan' carries along (Const_1:0) enters with type i32[], but has type f32[] "
     "after one iteration"),
    (fold_of_another_structure, ValueError, "The two structures don't have the same nested structure"),
    (map_of_a_scalar, ValueError,
     "the map 'map' goes through the first axis of 'Const:0', which is a scalar"),
    (array_read_before_it_is_written, ValueError, "a TensorArray is read into which nothing was written"),
    (element_of_another_shape, ValueError, "Inconsistent shapes: saw (3,) but expected (2,)"),
    (network_without_a_state, ValueError, "If there is no initial_state, you must give a dtype."),
    (network_without_steps, ValueError, "inputs of a recurrent network have axes of batch and time"),
    (assertion, tf.errors.InvalidArgumentError, "assertion failed: [x is] [4 -1]"),
    (no_case_holds, tf.errors.InvalidArgumentError, "None of the conditions evaluated as True"),
    (two_cases_hold, tf.errors.InvalidArgumentError, "more than 1 conditions"),
    (python_of_another_type, tf.errors.InvalidArgumentError,
     "0-th value returned by PyFunc is float64, but expects float32"),
    (python_of_another_shape, tf.errors.InvalidArgumentError,
     "'PyFunc:0' was said to have shape (2,), but Python gave one of shape (3,)"),
    (python_in_a_loop, NotImplementedError,
     "'while/PyFunc' (PyFunc) is computed by Python, and the loop 'while' runs as one compiled piece"),
    (sizes_that_differ_in_a_run, tf.errors.InvalidArgumentError, ""),
]  # fmt: skip


def marks(program: Callable) -> dict[str, int]:
    """The lines of a program that end with a mark, by mark."""
    first = program.__code__.co_firstlineno
    found: dict[str, int] = {}
    for n in range(first, len(LINES)):
        if n > first and LINES[n - 1].startswith("def "):
            break
        mark = re.search(r"# (guilty|first|second)$", LINES[n - 1])
        if mark:
            found[mark[1]] = n
    return found


@pytest.mark.parametrize(("program", "kind", "answer"), CASES, ids=lambda c: getattr(c, "__name__", ""))  # fmt: skip
def test_error(program: Callable, kind: type[Exception], answer: str) -> None:
    with pytest.raises(kind) as caught:
        program()
    text = str(caught.value)
    assert answer in text.splitlines()[0]
    wanted = marks(program)
    if wanted:
        assert isinstance(caught.value, bf.BifrontError)
    told = [int(n) for n in re.findall(rf"{HERE}:(\d+):", text)]
    for mark, line in wanted.items():
        assert line in told, f"the line marked {mark} is not told:\n{text}"
    if "guilty" in wanted:
        assert told[0] == wanted["guilty"], text


def test_a_carry_s_error_says_how_to_mend_it() -> None:
    with pytest.raises(bf.ShapeError) as caught:
        carry_of_another_shape()
    assert "shape_invariants=[...]" in str(caught.value.hint)


def test_a_loop_that_does_not_end_stops_at_its_largest_number_of_iterations() -> None:
    i, x = tf.while_loop(
        lambda i, x: tf.constant(True),
        lambda i, x: (i + 1, x * 2.0),
        [0, 1.0],
        maximum_iterations=7,
    )
    assert tf.Session().run([i, x]) == [7, 128.0]


def test_a_failed_assertion_changes_no_variable() -> None:
    v = tf.Variable(1.0)
    changed = v.assign(5.0)
    check = tf.Assert(tf.constant(False), ["no"])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run([changed, check])
        assert session.run(v) == 1.0
