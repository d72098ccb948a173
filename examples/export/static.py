"""A trained model and its training step, left as text and arrays in the folder that is named; TensorFlow 1 style."""

import sys
from pathlib import Path

import numpy as np

import bifront as bf
import bifront.static as tf

folder = Path(sys.argv[1])
points = np.linspace(-3, 3, 64, dtype=np.float32)[:, None]

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 1], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
w1 = tf.Variable(tf.random_normal([1, 32]), name="w1")
b1 = tf.Variable(tf.zeros([32]), name="b1")
w2 = tf.Variable(tf.random_normal([32, 1], stddev=0.1), name="w2")
prediction = tf.matmul(tf.tanh(tf.matmul(x, w1) + b1), w2)
loss = tf.reduce_mean(tf.square(prediction - y)) + 0.001 * tf.reduce_sum(tf.square(w1))
train = tf.train.MomentumOptimizer(0.05, momentum=0.9).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(100):
        session.run(train, feed_dict={x: points, y: np.sin(points)})
    for variable in (w1, b1, w2):
        np.save(folder / f"{variable.op.name}.npy", session.run(variable))
    np.save(folder / "x.npy", points)
    np.save(folder / "expected.npy", session.run(prediction, feed_dict={x: points}))

(folder / "model.bf").write_text(bf.graph_of(prediction, inputs=[x]).to_text())
(folder / "training.bf").write_text(bf.graph_of([train, loss], inputs=[x, y]).to_text())
