"""Python's `if` asks a tensor that has no value yet.

TensorFlow 1: using a tf.Tensor as a Python `bool` is not allowed.
"""

import numpy as np

import bifront.static as tf

x = tf.placeholder(tf.float32, [None], name="x")
total = tf.reduce_sum(x)
if total > 10.0:  # FAULT
    scaled = x / total
else:
    scaled = x

with tf.Session() as session:
    print(session.run(scaled, feed_dict={x: np.arange(6, dtype=np.float32)}))
