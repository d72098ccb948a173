"""The probabilities sum to 1 over the batch and not over the classes. TensorFlow 1 says nothing."""

import numpy as np

import bifront.static as tf

data = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
labels = np.eye(3, dtype=np.float32)[np.tile([0, 1, 2], 4)]

x = tf.placeholder(tf.float32, [None, 4], name="x")
y = tf.placeholder(tf.float32, [None, 3], name="y")
probabilities = tf.nn.softmax(tf.layers.dense(x, 3), axis=0)  # FAULT
loss = -tf.reduce_mean(tf.reduce_sum(y * tf.log(probabilities), axis=1))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value = session.run([train, loss], feed_dict={x: data, y: labels})
    print("loss", value)
