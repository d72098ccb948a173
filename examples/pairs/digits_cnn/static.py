"""Handwritten digits seen as pictures: a small convolutional network, TensorFlow 1 style."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import bifront.static as tf

digits = load_digits()
x_train, x_test, y_train, y_test = train_test_split(
    (digits.images / 16).astype(np.float32)[:, None], digits.target, test_size=0.2, random_state=0
)

tf.set_random_seed(0)
x = tf.placeholder(tf.float32, [None, 1, 8, 8], name="x")
y = tf.placeholder(tf.int64, [None], name="y")


def weights(name, shape, stddev):
    return tf.get_variable(name, initializer=tf.random_normal(shape, stddev=stddev))


def convolution(inputs, kernel):
    # Kernels are kept as [out, in, height, width]; TensorFlow takes them as [height, width, in, out].
    kernel = tf.transpose(kernel, [2, 3, 1, 0])
    return tf.nn.conv2d(inputs, kernel, [1, 1, 1, 1], "SAME", data_format="NCHW")


with tf.variable_scope("first"):
    kernel = weights("kernel", [8, 1, 3, 3], 0.3)
    bias = tf.get_variable("bias", [8, 1, 1], initializer=tf.zeros_initializer())
    hidden = tf.nn.relu(convolution(x, kernel) + bias)
    hidden = tf.nn.max_pool(hidden, [1, 1, 2, 2], [1, 1, 2, 2], "VALID", data_format="NCHW")
with tf.variable_scope("second"):
    kernel = weights("kernel", [16, 8, 3, 3], 0.15)
    bias = tf.get_variable("bias", [16, 1, 1], initializer=tf.zeros_initializer())
    hidden = tf.nn.relu(convolution(hidden, kernel) + bias)
    hidden = tf.nn.max_pool(hidden, [1, 1, 2, 2], [1, 1, 2, 2], "VALID", data_format="NCHW")
with tf.variable_scope("output"):
    flat = tf.reshape(hidden, [-1, 64])
    kernel = weights("kernel", [64, 10], 0.1)
    logits = tf.matmul(flat, kernel) + tf.get_variable(
        "bias", [10], initializer=tf.zeros_initializer()
    )

loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.MomentumOptimizer(0.05, momentum=0.9).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(6):
        for start in range(0, len(x_train), 64):
            feed = {x: x_train[start : start + 64], y: y_train[start : start + 64]}
            _, step_loss = session.run([train, loss], feed_dict=feed)
        print(f"epoch {epoch + 1}  loss {step_loss:.4f}")
    print(f"test accuracy {session.run(accuracy, feed_dict={x: x_test, y: y_test}):.4f}")
