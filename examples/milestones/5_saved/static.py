"""A saved model: written to a file, and read back into a fresh session."""

import tempfile

import bifront.static as tf

x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable(tf.random_normal([2, 1]), name="w")
prediction = tf.matmul(x, w)
saver = tf.train.Saver()

with tempfile.TemporaryDirectory() as folder:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(prediction, feed_dict={x: [[1.0, 2.0]]})
        path = saver.save(session, f"{folder}/model")
    with tf.Session() as session:
        saver.restore(session, path)
        after = session.run(prediction, feed_dict={x: [[1.0, 2.0]]})
print(float(abs(before - after).max()))
