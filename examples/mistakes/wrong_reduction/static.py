"""The losses of a batch are minimized without their mean.

TensorFlow 1 minimizes the sum, without a word.
"""

import numpy as np

import bifront.static as tf

data = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
labels = np.tile([0, 1, 2], 4)

x = tf.placeholder(tf.float32, [None, 4], name="x")
y = tf.placeholder(tf.int64, [None], name="y")
logits = tf.layers.dense(x, 3)
loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)  # FAULT
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value = session.run([train, loss], feed_dict={x: data, y: labels})
    print("loss", value.mean())
