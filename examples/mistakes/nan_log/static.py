"""The log of a probability that is 0 shows three layers later, as nan.

TensorFlow 1 prints it without a word.
"""

import numpy as np

import bifront.static as tf

scores = np.array([[0.0, 200.0], [3.0, 1.0]], np.float32)

x = tf.placeholder(tf.float32, [None, 2], name="x")
probabilities = tf.nn.softmax(x)
logs = tf.log(probabilities)  # FAULT
entropy = -tf.reduce_sum(probabilities * logs, axis=1)
penalty = tf.reduce_mean(entropy)
loss = 1.0 + 0.1 * penalty

with tf.Session() as session:
    print("loss", session.run(loss, feed_dict={x: scores}))
