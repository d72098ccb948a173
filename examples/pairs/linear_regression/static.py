"""How a disease progresses, from ten measurements of 442 patients: least squares, TensorFlow 1 style."""

import numpy as np
from sklearn.datasets import load_diabetes

import bifront.static as tf

data = load_diabetes()
x_data = (data.data * 20).astype(np.float32)
y_data = ((data.target - data.target.mean()) / data.target.std()).astype(np.float32)[:, None]

x = tf.placeholder(tf.float32, [None, 10], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
w = tf.Variable(tf.zeros([10, 1]), name="w")
b = tf.Variable(tf.zeros([1]), name="b")

prediction = tf.matmul(x, w) + b
loss = tf.reduce_mean(tf.square(prediction - y))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for step in range(200):
        _, step_loss = session.run([train, loss], feed_dict={x: x_data, y: y_data})
        if step % 50 == 49:
            print(f"step {step + 1:3d}  mean squared error {step_loss:.4f}")
