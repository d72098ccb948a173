"""`bifront compare` puts a program in TensorFlow 2's style beside the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bifront.comparison import compare_scripts

DATA = """
import numpy as np

random = np.random.default_rng(0)
X = random.normal(size=(8, 3)).astype("f")
Y = X @ np.array([[1.0], [2.0], [3.0]], "f")
"""

STATIC = """
import bifront.static as tf

x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
w, b = tf.Variable(tf.zeros([3, 1])), tf.Variable(tf.zeros([1]))
steps = tf.Variable(0, trainable=False, dtype=tf.int64)
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=steps)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(3):
        print(session.run([loss, train], {x: X, y: Y})[0])
"""

EAGER = """
import bifront.tf2 as tf

w, b = tf.Variable(tf.zeros([3, 1])), tf.Variable(tf.zeros([1]))
optimizer = tf.optimizers.SGD(0.1)

{decorator}
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
    optimizer.minimize(loss, [w, b], tape=tape)
    return loss

for _ in range(3):
    print(step(X, Y).numpy())
"""


@pytest.mark.parametrize("decorator", ["", "@tf.function"], ids=["eager", "function"])
def test_same_graph_as_the_static_script(decorator: str, tmp_path: Path) -> None:
    scripts = [tmp_path / "static.py", tmp_path / "eager.py"]
    scripts[0].write_text(DATA + STATIC)
    scripts[1].write_text(DATA + EAGER.format(decorator=decorator))
    found = compare_scripts(*scripts)
    assert (found.a.style, found.b.style) == ("static", "tf2")
    assert found.same_graph, str(found.difference)
    assert found.max_abs_difference == 0.0
    assert found.a.printed == found.b.printed
