"""A row without a single positive number becomes 0 / 0, which shows three lines later; TensorFlow 1 style."""

import numpy as np

import bifront.static as tf

rows = np.array([[1, 2, 3], [-1, -2, -3], [3, 2, 1]], np.float32)

x = tf.placeholder(tf.float32, [None, 3], name="x")
w = tf.Variable([1.0, 0.5, 2.0], name="w")
kept = tf.nn.relu(x * w)
shares = kept / tf.reduce_sum(kept, 1, keepdims=True)
entropy = -tf.reduce_sum(shares * tf.log(shares + 1e-6), 1)
loss = tf.reduce_mean(entropy)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    value, _ = session.run([loss, train], {x: rows})
    print(f"loss {value:.4f}")
