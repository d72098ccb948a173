"""No initializer has run.

TensorFlow 1 says "Attempting to use uninitialized value" at the first run.
"""

import numpy as np

import bifront.static as tf

x = tf.placeholder(tf.float32, [None, 3], name="x")
w = tf.Variable(tf.random_normal([3, 1], stddev=0.1), name="w")
prediction = tf.matmul(x, w)

data = np.ones((4, 3), np.float32)
with tf.Session() as session:
    print(session.run(prediction, feed_dict={x: data}))  # FAULT
