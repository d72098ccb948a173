"""A layer deep in a helper is given the wrong width.

TensorFlow 1 says "Dimensions must be equal" where the graph is built.
"""

import numpy as np

import bifront.static as tf


def dense(x, width_in, width_out, name):
    w = tf.get_variable(f"{name}_w", [width_in, width_out])
    b = tf.get_variable(f"{name}_b", [width_out], initializer=tf.zeros_initializer())
    return tf.matmul(x, w) + b


def network(x):
    hidden = tf.nn.relu(dense(x, 8, 16, "first"))
    hidden = tf.nn.relu(dense(hidden, 8, 16, "second"))  # FAULT
    return dense(hidden, 16, 1, "last")


x = tf.placeholder(tf.float32, [None, 8], name="x")
output = network(x)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(output, feed_dict={x: np.ones((4, 8), np.float32)}))
