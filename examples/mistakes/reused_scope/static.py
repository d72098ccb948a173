"""A layer is built twice under one name.

TensorFlow 1 says "Variable already exists", or shares it where reuse is set.
"""

import numpy as np

import bifront.static as tf


def layer(x, scope):
    with tf.variable_scope(scope):
        w = tf.get_variable("w", [8, 8])
        return tf.tanh(tf.matmul(x, w))


x = tf.placeholder(tf.float32, [None, 8], name="x")
hidden = layer(x, "hidden")
hidden = layer(hidden, "hidden")  # FAULT

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(hidden, feed_dict={x: np.ones((1, 8), np.float32)}))
