"""Newton's iterations for a square root, and a number that has none; TensorFlow 1 style."""

import bifront.static as tf

number = tf.placeholder(tf.float32, [], name="number")


def better(i, guess):
    quotient = number / guess
    mean = (guess + quotient) / 2.0
    return i + 1, mean


root = tf.while_loop(lambda i, guess: i < 6, better, [tf.constant(0), number])[1]
error = tf.abs(root * root - number)

with tf.Session() as session:
    print(session.run([root, error], {number: -2.0}))
