"""Variables whose first values are constants: in memory once, and nobody can change the constant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf


@pytest.fixture(params=["numpy", "native"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "native":
        pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")
    with bf.using_backend(request.param):
        yield request.param


def test_the_first_value_is_the_constant_itself() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(np.ones((300, 300), np.float32))
        session.run(variable.initializer)
        (held,) = session.store.values()
        assert not held.flags.writeable


def test_steps_and_answers_leave_the_constant_as_it_is(backend: str) -> None:
    given = np.ones((30, 30), np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(given)
        more = tf.assign_add(variable, tf.ones_like(variable))
        for _ in range(2):
            session.run(tf.global_variables_initializer())
            answer = session.run(variable)
            answer[0, 0] = 77
            assert (session.run(variable) == 1).all()
            changed = session.run(more)
            changed[...] = 5
            assert (session.run(variable) == 2).all()
            session.run([more.op, more.op])
            assert (session.run(variable) == 3).all()
        assert (given == 1).all()


def test_a_variable_that_is_read_and_set_in_one_run(backend: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(3.0)
        session.run(variable.initializer)
        assert session.run(variable.assign(4.0)) == 4
        first, _ = session.run([variable + 0.0, variable.initializer])
        assert first in (3.0, 4.0)
        assert session.run(variable) == 3
