"""Every run fetches something else, a list that grows.

TensorFlow 1 prepares an executor for each, without a word.
"""

import numpy as np

import bifront.static as tf

letters = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)

x = tf.placeholder(tf.float32, [30, 4], name="x")
w = tf.get_variable("w", [4, 4])
state = tf.zeros([1, 4])
outputs = []
for t in range(30):
    state = tf.tanh(tf.matmul(state + x[t : t + 1], w))
    outputs.append(state)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for length in range(1, 31):
        seen = session.run(outputs[:length], feed_dict={x: letters})  # FAULT
    print(seen[-1])
