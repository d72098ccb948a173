"""Random training steps with branches, loops and tapes: compiled they give what the Python gives, bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bifront.tf2 as tf

UNARY = [tf.tanh, tf.sigmoid, tf.nn.relu, tf.square, tf.abs, tf.nn.softplus, lambda x: x * 0.5]
BINARY = [tf.add, tf.subtract, tf.multiply, tf.maximum, tf.minimum]


class World:
    """Variables and a step that uses them, made from a seed."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.w = [tf.Variable(random.normal(size=(3, 3)).astype("f") * 0.5) for _ in range(2)]
        self.count = tf.Variable(0, trainable=False)
        self.plan = [int(n) for n in random.integers(0, 100, 12)]
        self.optimizer = [tf.optimizers.SGD, tf.optimizers.Adam][seed % 2](0.05)

    def forward(self, x: tf.Tensor) -> tf.Tensor:
        h = x * 0.5
        for place, number in enumerate(self.plan):
            kind = number % 6
            if kind == 0:
                h = tf.matmul(h, self.w[number % 2])
            elif kind == 1:
                h = UNARY[number % len(UNARY)](h)
            elif kind == 2:
                h = BINARY[number % len(BINARY)](h, x)
            elif kind == 3:
                if tf.reduce_sum(h) > place * 0.1:
                    h = h * 0.5
                else:
                    h = h + 1.0
            elif kind == 4:
                for row in x:
                    h = tf.tanh(h + row)
            else:
                h = tf.reshape(h, [tf.shape(h)[0], -1]) - tf.reduce_mean(h, axis=0)
        return tf.reduce_mean(tf.square(h))

    def step(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = self.forward(x)
        *gradients, slope = tape.gradient(loss, [*self.w, x], unconnected_gradients="zero")
        if tf.reduce_max(tf.abs(slope)) > 0.01:
            self.optimizer.apply_gradients(zip(gradients, self.w, strict=True))
            self.count.assign_add(1)
        return loss, slope

    def state(self) -> list[bytes]:
        variables = [*self.w, self.count, *self.optimizer.variables]
        return [v.numpy().tobytes() for v in variables]


@pytest.mark.parametrize("seed", range(24))
def test_compiled_is_python(seed: int) -> None:
    plain, traced = World(seed), World(seed)
    step: Callable = tf.function(traced.step)
    random = np.random.default_rng(seed + 1000)
    for _ in range(12):
        x = random.normal(size=(int(random.integers(2, 5)), 3)).astype("f")
        found = step(tf.constant(x))
        expected = plain.step(tf.constant(x))
        assert [t.numpy().tobytes() for t in found] == [t.numpy().tobytes() for t in expected]
        assert traced.state() == plain.state()
    assert step.stats.hits > 0
