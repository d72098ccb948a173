"""Sizes that a program takes to be equal and that are not: the error names both, with their lines."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bifront as bf
import bifront.static as tf

Build = Callable[[Any, Any], Any]


def _run(build: Build, first: tuple[int, ...], second: tuple[int, ...]) -> np.ndarray:
    with tf.Graph().as_default(), tf.Session() as session:
        left = tf.placeholder(tf.float32, [None, 4], name="left")
        right = tf.placeholder(tf.float32, [None, 4], name="right")
        out = build(left, right)
        feeds = {left: np.ones(first, np.float32), right: np.ones(second, np.float32)}
        found: np.ndarray = session.run(out, feeds)
        return found


@pytest.mark.parametrize(
    "build",
    [
        lambda a, b: a + b,
        lambda a, b: tf.reduce_sum(tf.exp(a) * tf.tanh(b)),
        lambda a, b: tf.concat([a, b], 1),
        lambda a, b: tf.where(a > 0, a, b),
        lambda a, b: tf.reshape(a, [tf.shape(b)[0], 4]),
        lambda a, b: a + tf.zeros([tf.shape(b)[0], 4]),
        lambda a, b: tf.gradients(tf.reduce_sum(a * b), a)[0],
    ],
)
def test_the_error_names_both_placeholders_their_sizes_and_the_operation(build: Build) -> None:
    with pytest.raises(bf.ShapeError) as caught:
        _run(build, (3, 4), (5, 4))
    labels = [place.label for place in caught.value.places]
    assert "left is f32[left_0, 4], here with left_0 = 3, made here" in labels
    assert "right is f32[right_0, 4], here with right_0 = 5, made here" in labels
    where = caught.value.places[0].location
    assert where is not None
    assert where.file == __file__
    assert "lambda a, b" in linecache.getline(where.file, where.line)


def test_a_size_of_one_broadcasts_as_it_does_in_numpy() -> None:
    assert _run(lambda a, b: a + b, (1, 4), (5, 4)).shape == (5, 4)


def test_the_gradient_of_what_was_broadcast_without_saying_so_is_an_error() -> None:
    with pytest.raises(bf.ShapeError, match=r"cannot take shape \[1, 4\]"):
        _run(lambda a, b: tf.gradients(tf.reduce_sum(a * b), a)[0], (1, 4), (5, 4))


def test_the_gradient_of_equal_sizes() -> None:
    found = _run(lambda a, b: tf.gradients(tf.reduce_sum(a * b * 2.0), a)[0], (5, 4), (5, 4))
    assert found.tolist() == np.full((5, 4), 2.0).tolist()
