"""Predictions `[n, 1]` minus targets `[n]` are an `[n, n]` table.

TensorFlow 1 broadcasts in silence, and learns the mean.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)

x = tf.placeholder(tf.float32, [None, 1], name="x")
y = tf.placeholder(tf.float32, [None], name="y")
prediction = tf.layers.dense(x, 1)
loss = tf.reduce_mean(tf.square(prediction - y))  # FAULT
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(100):
        feed = {x: data[:, None], y: 3 * data}
        _, value = session.run([train, loss], feed_dict=feed)
    print("loss", value)
