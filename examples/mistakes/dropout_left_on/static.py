"""Dropout has a constant rate, so that it drops in the evaluation, too.

TensorFlow 1 does as it is told.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]

x = tf.placeholder(tf.float32, [None, 1], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
hidden = tf.layers.dense(x, 32, activation=tf.tanh)
hidden = tf.nn.dropout(hidden, keep_prob=0.5)  # FAULT
prediction = tf.layers.dense(hidden, 1)
loss = tf.reduce_mean(tf.square(prediction - y))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(50):
        session.run(train, feed_dict={x: data, y: data**2})
    print("error", session.run(loss, feed_dict={x: data, y: data**2}))
