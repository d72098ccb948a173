"""Pictures are fed as they are, where rows are wanted.

TensorFlow 1 says "Cannot feed value of shape" when the graph runs.
"""

import numpy as np

import bifront.static as tf

images = np.random.default_rng(0).normal(size=(10, 8, 8)).astype(np.float32)

x = tf.placeholder(tf.float32, [None, 64], name="x")
w = tf.get_variable("w", [64, 10])
scores = tf.nn.softmax(tf.matmul(x, w))

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(scores, feed_dict={x: images}))  # FAULT
