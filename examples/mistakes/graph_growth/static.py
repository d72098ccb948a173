"""Every round of the loop adds operations to the graph.

TensorFlow 1 gets slower and slower, without a word.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]

x = tf.placeholder(tf.float32, [None, 1], name="x")
w = tf.Variable(tf.zeros([1, 1]), name="w")
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 3 * x))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(30):
        session.run(train, feed_dict={x: data})
        norm = session.run(tf.sqrt(tf.reduce_sum(tf.square(w))))  # FAULT
    print("norm", norm)
