"""A trained network: a sine, learned from points on it."""

import numpy as np

import bifront.static as tf

points = np.linspace(-3, 3, 64, dtype=np.float32)[:, None]

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 1])
y = tf.placeholder(tf.float32, [None, 1])
w1 = tf.Variable(tf.random_normal([1, 32]))
b1 = tf.Variable(tf.zeros([32]))
w2 = tf.Variable(tf.random_normal([32, 1], stddev=0.1))
b2 = tf.Variable(tf.zeros([1]))
hidden = tf.tanh(tf.matmul(x, w1) + b1)
prediction = tf.matmul(hidden, w2) + b2
loss = tf.reduce_mean(tf.square(prediction - y))
train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(500):
        _, now = session.run([train, loss], feed_dict={x: points, y: np.sin(points)})
    print(now)
