"""The rate was read when the graph was built; to change it later changes nothing.

TensorFlow 1 says nothing.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]
rate = 0.5

x = tf.placeholder(tf.float32, [None, 1], name="x")
w = tf.Variable(tf.zeros([1, 1]), name="w")
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 3 * x))
train = tf.train.GradientDescentOptimizer(rate).minimize(loss)  # FAULT

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value = session.run([train, loss], feed_dict={x: data})
        rate = rate * 0.5
    print("loss", value)
