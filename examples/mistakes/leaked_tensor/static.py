"""A tensor of the loop's body is used outside of it.

TensorFlow 1 says that it is in a while loop and cannot be used.
"""

import bifront.static as tf

seen = []


def body(i, total):
    seen.append(total * 0.5 + 1.0)  # FAULT
    return i + 1, seen[-1]


_, last = tf.while_loop(lambda i, total: i < 10, body, [0, tf.constant(0.0)])
distance = last - seen[0]

with tf.Session() as session:
    print(session.run(distance))
