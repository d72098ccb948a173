"""An LSTM that learns to write English, letter by letter: TensorFlow 1 style."""

import numpy as np
from text import BATCH, LETTERS, batches, drawn, encode

import bifront.static as tf

UNITS = 64

tf.set_random_seed(0)
letters = tf.placeholder(tf.int64, [None, BATCH], name="letters")
following = tf.placeholder(tf.int64, [None, BATCH], name="following")
c = tf.placeholder(tf.float32, [BATCH, UNITS], name="c")
h = tf.placeholder(tf.float32, [BATCH, UNITS], name="h")

normal = tf.random_normal_initializer(stddev=0.1)
table = tf.get_variable("table", [len(LETTERS), UNITS], initializer=normal)
cell = tf.nn.rnn_cell.LSTMCell(UNITS, initializer=normal)
inputs = tf.nn.embedding_lookup(table, letters)
before = tf.nn.rnn_cell.LSTMStateTuple(c, h)
outputs, last = tf.nn.dynamic_rnn(cell, inputs, initial_state=before, time_major=True)
kernel = tf.get_variable("kernel", [UNITS, len(LETTERS)], initializer=normal)
bias = tf.get_variable("bias", [len(LETTERS)], initializer=tf.zeros_initializer())

logits = tf.matmul(tf.reshape(outputs, [-1, UNITS]), kernel) + bias
wanted = tf.reshape(following, [-1])
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=logits))
train = tf.train.MomentumOptimizer(1.0, momentum=0.9).minimize(loss)

# A second graph beside it, with the same cell: one letter, after which the state goes out and comes in again.
letter = tf.placeholder(tf.int64, [1], name="letter")
c_now = tf.placeholder(tf.float32, [1, UNITS], name="c_now")
h_now = tf.placeholder(tf.float32, [1, UNITS], name="h_now")
temperature = tf.placeholder(tf.float32, [], name="temperature")
state = tf.nn.rnn_cell.LSTMStateTuple(c_now, h_now)
output, after = cell(tf.nn.embedding_lookup(table, letter), state)
chances = tf.nn.softmax((tf.matmul(output, kernel) + bias) / temperature)


def sample(session, start, count):
    """Text that goes on as the network thinks it should."""
    chance = np.random.default_rng(0)
    now = np.zeros((2, 1, UNITS), np.float32)
    text, p = "", None
    while len(text) < count:
        text += start[len(text)] if len(text) < len(start) else LETTERS[drawn(chance, p[0])]
        feed = {letter: encode(text[-1]), c_now: now[0], h_now: now[1], temperature: 0.5}
        p, now = session.run([chances, after], feed_dict=feed)
    return text


with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(4):
        now = np.zeros((2, BATCH, UNITS), np.float32)
        losses = []
        for x, y in batches():
            feed = {letters: x, following: y, c: now[0], h: now[1]}
            _, step_loss, now = session.run([train, loss, last], feed_dict=feed)
            losses.append(float(step_loss))
        print(f"epoch {epoch + 1}  loss {np.mean(losses):.4f}")
    print(sample(session, "the ", 100))
