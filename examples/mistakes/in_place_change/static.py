"""A tensor is changed in place.

TensorFlow 1 has no such thing: 'Tensor' object does not support item assignment.
"""

import numpy as np

import bifront.static as tf

x = tf.placeholder(tf.float32, [None, 4], name="x")
w = tf.get_variable("w", [4, 4])
hidden = tf.sigmoid(tf.matmul(x, w))
hidden[:, 0] = 0.0  # FAULT
loss = tf.reduce_mean(tf.square(hidden))
gradient = tf.gradients(loss, w)[0]

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(gradient, feed_dict={x: np.ones((2, 4), np.float32)}))
