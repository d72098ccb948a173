"""A first number: two vectors multiplied."""

import bifront.static as tf

x = tf.constant([1.0, 2.0, 3.0])
y = tf.reduce_sum(x * x)

with tf.Session() as session:
    print(session.run(y))
