"""Digits squeezed through eight numbers and drawn again: an autoencoder, TensorFlow 1 style."""

import numpy as np
from sklearn.datasets import load_digits

import bifront.static as tf

images = (load_digits().data / 16).astype(np.float32)

tf.set_random_seed(1)
x = tf.placeholder(tf.float32, [None, 64], name="x")


def layer(inputs, n_in, n_out, name):
    with tf.variable_scope(name):
        w = tf.get_variable("w", initializer=tf.random_normal([n_in, n_out], stddev=0.2))
        b = tf.get_variable("b", [n_out], initializer=tf.zeros_initializer())
        return tf.matmul(inputs, w) + b


code = tf.nn.tanh(layer(x, 64, 8, "encoder"))
drawn = tf.nn.sigmoid(layer(code, 8, 64, "decoder"))
loss = tf.reduce_mean(tf.square(drawn - x))
train = tf.train.MomentumOptimizer(2.0, momentum=0.9).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(15):
        for start in range(0, len(images), 128):
            feed = {x: images[start : start + 128]}
            _, step_loss = session.run([train, loss], feed_dict=feed)
        print(f"epoch {epoch + 1:2d}  reconstruction error {step_loss:.4f}")
