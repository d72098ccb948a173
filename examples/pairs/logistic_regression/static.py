"""Malignant or benign, from 30 measurements of 569 tumours: logistic regression, TensorFlow 1 style."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import bifront.static as tf

data = load_breast_cancer()
x_train, x_test, y_train, y_test = train_test_split(
    data.data, data.target.astype(np.float32)[:, None], test_size=0.2, random_state=0
)
scale = StandardScaler().fit(x_train)
x_train = scale.transform(x_train).astype(np.float32)
x_test = scale.transform(x_test).astype(np.float32)

x = tf.placeholder(tf.float32, [None, 30], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
w = tf.Variable(tf.zeros([30, 1]), name="w")
b = tf.Variable(tf.zeros([1]), name="b")

logits = tf.matmul(x, w) + b
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.MomentumOptimizer(0.05, momentum=0.9).minimize(loss)
right = tf.equal(tf.cast(logits > 0, tf.float32), y)
accuracy = tf.reduce_mean(tf.cast(right, tf.float32))

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(10):
        for start in range(0, len(x_train), 32):
            batch = slice(start, start + 32)
            feed = {x: x_train[batch], y: y_train[batch]}
            _, step_loss = session.run([train, loss], feed_dict=feed)
        print(f"epoch {epoch + 1:2d}  loss {step_loss:.4f}")
    print(f"test accuracy {session.run(accuracy, feed_dict={x: x_test, y: y_test}):.4f}")
