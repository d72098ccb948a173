"""Labels count from 1, classes from 0.

TensorFlow 1 says that a label is outside the valid range, when the graph runs.
"""

import numpy as np

import bifront.static as tf

data = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
labels = np.tile([1, 2, 3], 4)

x = tf.placeholder(tf.float32, [None, 4], name="x")
y = tf.placeholder(tf.int64, [None], name="y")
logits = tf.layers.dense(x, 3)
losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)  # FAULT
loss = tf.reduce_mean(losses)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    _, value = session.run([train, loss], feed_dict={x: data, y: labels})
    print("loss", value)
