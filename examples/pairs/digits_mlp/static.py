"""Handwritten digits in TensorFlow 1 style: describe the network first, then run it in a session."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import bifront.static as tf

digits = load_digits()
x_train, x_test, y_train, y_test = train_test_split(
    (digits.data / 16).astype(np.float32), digits.target, test_size=0.2, random_state=0
)

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 64], name="x")
y = tf.placeholder(tf.int64, [None], name="y")

w1 = tf.Variable(tf.random_normal([64, 128], stddev=0.1), name="w1")
b1 = tf.Variable(tf.zeros([128]), name="b1")
w2 = tf.Variable(tf.random_normal([128, 128], stddev=0.1), name="w2")
b2 = tf.Variable(tf.zeros([128]), name="b2")
w3 = tf.Variable(tf.random_normal([128, 10], stddev=0.1), name="w3")
b3 = tf.Variable(tf.zeros([10]), name="b3")

hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
hidden = tf.nn.relu(tf.matmul(hidden, w2) + b2)
logits = tf.matmul(hidden, w3) + b3

loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.GradientDescentOptimizer(0.2).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))

shuffle = np.random.default_rng(0)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(20):
        order = shuffle.permutation(len(x_train))
        for start in range(0, len(order), 64):
            batch = order[start : start + 64]
            feed = {x: x_train[batch], y: y_train[batch]}
            _, step_loss = session.run([train, loss], feed_dict=feed)
        print(f"epoch {epoch + 1:2d}  loss {step_loss:.4f}")
    print(f"test accuracy {session.run(accuracy, feed_dict={x: x_test, y: y_test}):.4f}")
