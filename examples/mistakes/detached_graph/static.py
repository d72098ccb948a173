"""The gradient is stopped on its way to the first layer.

TensorFlow 1 trains the rest, without a word.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]

x = tf.placeholder(tf.float32, [None, 1], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
hidden = tf.layers.dense(x, 8, activation=tf.tanh, name="encoder")
hidden = tf.stop_gradient(hidden)  # FAULT
prediction = tf.layers.dense(hidden, 1, name="head")
loss = tf.reduce_mean(tf.square(prediction - y))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(50):
        _, value = session.run([train, loss], feed_dict={x: data, y: data**2})
    print("loss", value)
