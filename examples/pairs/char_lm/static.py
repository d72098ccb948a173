"""An LSTM that learns to write English, letter by letter: TensorFlow 1 style."""

import numpy as np
from text import BATCH, LETTERS, batches, drawn, encode

import bifront.static as tf

UNITS = 64

tf.set_random_seed(0)
letters = tf.placeholder(tf.int64, [None, None], name="letters")
following = tf.placeholder(tf.int64, [None, None], name="following")
c = tf.placeholder(tf.float32, [None, UNITS], name="c")
h = tf.placeholder(tf.float32, [None, UNITS], name="h")
temperature = tf.placeholder_with_default(1.0, [], name="temperature")

normal = tf.random_normal_initializer(stddev=0.1)
cell = tf.nn.rnn_cell.LSTMCell(UNITS, initializer=normal)
outputs, last = tf.nn.dynamic_rnn(
    cell,
    tf.one_hot(letters, len(LETTERS)),
    initial_state=tf.nn.rnn_cell.LSTMStateTuple(c, h),
    time_major=True,
)
kernel = tf.get_variable("kernel", [UNITS, len(LETTERS)], initializer=normal)
bias = tf.get_variable("bias", [len(LETTERS)], initializer=tf.zeros_initializer())
logits = tf.matmul(tf.reshape(outputs, [-1, UNITS]), kernel) + bias
wanted = tf.reshape(following, [-1])
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=logits))
train = tf.train.MomentumOptimizer(1.0, momentum=0.9).minimize(loss)
chances = tf.nn.softmax(logits / temperature)


def sample(session, start, count):
    """Text that goes on as the network thinks it should; its state goes out and in again at each letter."""
    chance = np.random.default_rng(0)
    state = np.zeros((2, 1, UNITS), np.float32)
    text, unread = start, encode(start)
    while len(text) < count:
        feed = {letters: unread[:, None], c: state[0], h: state[1], temperature: 0.5}
        p, state = session.run([chances, last], feed_dict=feed)
        unread = np.array([drawn(chance, p[-1])])
        text += LETTERS[unread[0]]
    return text


with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(4):
        state = np.zeros((2, BATCH, UNITS), np.float32)
        losses = []
        for now, after in batches():
            feed = {letters: now, following: after, c: state[0], h: state[1]}
            _, step_loss, state = session.run([train, loss, last], feed_dict=feed)
            losses.append(float(step_loss))
        print(f"epoch {epoch + 1}  loss {np.mean(losses):.4f}")
    print(sample(session, "the ", 100))
