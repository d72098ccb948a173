"""A loop whose length depends on its values: a square root by Newton's method."""

import bifront.static as tf

a = tf.placeholder(tf.float32, [])
root = tf.while_loop(lambda r: tf.abs(r * r - a) > 1e-4 * a, lambda r: (r + a / r) / 2.0, [a])

with tf.Session() as session:
    print(session.run(root, feed_dict={a: 2.0}))
