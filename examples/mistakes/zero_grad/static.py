"""Gradients are accumulated in a variable that nothing empties.

TensorFlow 1 trains on all sums so far, without a word.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]

x = tf.placeholder(tf.float32, [None, 1], name="x")
w = tf.Variable(tf.zeros([1, 1]), name="w")
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 3 * x))
gradient = tf.gradients(loss, w)[0]
total = tf.Variable(tf.zeros([1, 1]), trainable=False, name="total")
accumulate = tf.assign_add(total, gradient)  # FAULT
apply = tf.train.GradientDescentOptimizer(0.1).apply_gradients([(total, w)])

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(20):
        for half in (data[:10], data[10:]):
            session.run(accumulate, feed_dict={x: half})
        session.run(apply)
    print("loss", session.run(loss, feed_dict={x: data}))
