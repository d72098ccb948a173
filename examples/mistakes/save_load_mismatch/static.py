"""A variable has another name than in the checkpoint.

TensorFlow 1 says "Key not found in checkpoint" at `restore`.
"""

import os
import tempfile

import bifront.static as tf

folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "model.ckpt")

with tf.Graph().as_default(), tf.Session() as session:
    w = tf.get_variable("weights", [4, 2])
    session.run(tf.global_variables_initializer())
    tf.train.Saver().save(session, path)

with tf.Graph().as_default(), tf.Session() as session:
    w = tf.get_variable("weight", [4, 2])  # FAULT
    tf.train.Saver().restore(session, path)
    print(session.run(w))
