"""The optimizer is given the variables of one scope only.

TensorFlow 1 leaves the others as they are, without a word.
"""

import numpy as np

import bifront.static as tf

data = np.linspace(-1, 1, 20, dtype=np.float32)[:, None]

x = tf.placeholder(tf.float32, [None, 1], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
hidden = tf.layers.dense(x, 8, activation=tf.tanh, name="body")
prediction = tf.layers.dense(hidden, 1, name="head")
loss = tf.reduce_mean(tf.square(prediction - y))
optimizer = tf.train.GradientDescentOptimizer(0.1)
train = optimizer.minimize(loss, var_list=tf.trainable_variables("head"))  # FAULT

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(50):
        _, value = session.run([train, loss], feed_dict={x: data, y: data**2})
    print("loss", value)
