"""A network of three layers in training, as wide as WIDTH says: TensorFlow 1 style, in a session."""

import os

import numpy as np

import bifront.static as tf

WIDTH, BATCH, STEPS = (int(os.environ.get(n, 32)) for n in ("WIDTH", "BATCH", "STEPS"))

chance = np.random.default_rng(0)
data = chance.normal(size=(BATCH, 64)).astype(np.float32)
labels = chance.integers(0, 10, BATCH)

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 64], name="x")
y = tf.placeholder(tf.int64, [None], name="y")
w1 = tf.Variable(tf.random_normal([64, WIDTH], stddev=0.05), name="w1")
w2 = tf.Variable(tf.random_normal([WIDTH, WIDTH], stddev=0.05), name="w2")
w3 = tf.Variable(tf.random_normal([WIDTH, 10], stddev=0.05), name="w3")
hidden = tf.nn.relu(tf.matmul(tf.nn.relu(tf.matmul(x, w1)), w2))
logits = tf.matmul(hidden, w3)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(STEPS):
        _, now = session.run([train, loss], feed_dict={x: data, y: labels})
print(f"{now:.4f}")
