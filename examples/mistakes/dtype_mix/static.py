"""NumPy makes float64, the weights are float32.

TensorFlow 1 refuses to mix them where the graph is built.
"""

import numpy as np

import bifront.static as tf

data = np.random.default_rng(0).normal(size=(20, 3))

x = tf.constant(data, name="x")  # FAULT
w = tf.Variable(tf.zeros([3, 1]), name="w")
prediction = tf.matmul(x, w)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(prediction))
