"""A tensor of one graph is used in another. TensorFlow 1: "must be from the same graph as"."""

import bifront.static as tf

scale = tf.constant(2.0, name="scale")  # FAULT

graph = tf.Graph()
with graph.as_default():
    x = tf.placeholder(tf.float32, [None], name="x")
    y = x * scale

with tf.Session(graph=graph) as session:
    print(session.run(y, feed_dict={x: [1.0, 2.0]}))
