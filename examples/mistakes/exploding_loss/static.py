"""The steps are too long, and the loss grows without bound.

TensorFlow 1 goes on, to inf and nan.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-3, 3, 20, dtype=np.float32)[:, None]

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 1], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
prediction = tf.layers.dense(x, 1)
loss = tf.losses.mean_squared_error(y, prediction)
optimizer = tf.train.GradientDescentOptimizer(1.0)  # FAULT
train = optimizer.minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value = session.run([train, loss], feed_dict={x: data, y: 2 * data})
    print("loss", value)
