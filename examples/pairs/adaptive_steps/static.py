"""Kinds of iris: flowers drift along a learned flow, in steps as small as it takes; TensorFlow 1 style."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

import bifront.static as tf

data = load_iris()
split = train_test_split(
    scale(data.data).astype(np.float32), data.target, test_size=0.2, random_state=0
)
x_train, x_test, y_train, y_test = split
TOLERANCE = 0.01

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 4], name="x")
y = tf.placeholder(tf.int64, [None], name="y")

w1 = tf.Variable(tf.random_normal([4, 16], stddev=0.5), name="w1")
b1 = tf.Variable(tf.zeros([16]), name="b1")
w2 = tf.Variable(tf.random_normal([16, 4], stddev=0.5), name="w2")
kernel = tf.Variable(tf.random_normal([4, 3], stddev=0.5), name="kernel")
bias = tf.Variable(tf.zeros([3]), name="bias")


def velocity(at):
    return tf.matmul(tf.tanh(tf.matmul(at, w1) + b1), w2)


def on_the_way(time, step, at, steps):
    return time < 1.0


def heun(time, step, at, steps):
    """One step by Heun's method. Euler's tells how wrong it may be: then it is done again, smaller."""
    step = tf.minimum(step, 1.0 - time)
    first = velocity(at)
    second = velocity(at + step * first)
    error = tf.reduce_max(tf.abs(tf.stop_gradient(second - first))) * step / 2.0
    good = error <= TOLERANCE
    at = tf.where(good, at + step * (first + second) / 2.0, at)
    time = tf.where(good, time + step, time)
    step = step * tf.clip_by_value(0.9 * tf.sqrt(TOLERANCE / error), 0.2, 5.0)
    return time, step, at, steps + 1


start = [tf.constant(0.0), tf.constant(0.5), x, tf.constant(0, tf.int64)]
_, _, drifted, steps = tf.while_loop(on_the_way, heun, start)
logits = tf.matmul(drifted, kernel) + bias
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.MomentumOptimizer(0.1, momentum=0.9).minimize(loss)
right = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.int64))

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(10):
        for at in range(0, len(x_train), 16):
            feed = {x: x_train[at : at + 16], y: y_train[at : at + 16]}
            _, step_loss, taken = session.run([train, loss, steps], feed_dict=feed)
        print(f"epoch {epoch + 1:2d}  loss {step_loss:.4f}  steps {taken}")
    found = session.run(right, feed_dict={x: x_test, y: y_test})
    print(f"test accuracy {found / len(x_test):.4f}")
