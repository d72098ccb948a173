"""A placeholder gets no value.

TensorFlow 1 says "You must feed a value for placeholder tensor" when the graph runs.
"""

import numpy as np

import bifront.static as tf

x = tf.placeholder(tf.float32, [None, 3], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
w = tf.Variable(tf.zeros([3, 1]), name="w")
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))

data = np.ones((4, 3), np.float32)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(loss, feed_dict={x: data}))  # FAULT
