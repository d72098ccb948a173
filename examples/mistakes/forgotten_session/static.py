"""A value is asked for outside of every session.

TensorFlow 1 says "No default session is registered".
"""

import numpy as np

import bifront.static as tf

x = tf.constant(np.arange(6.0), dtype=tf.float32)
mean = tf.reduce_mean(x)
spread = tf.sqrt(tf.reduce_mean(tf.square(x - mean)))

print("mean and spread")
print(spread.eval())  # FAULT
