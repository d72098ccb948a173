"""Which language is a name from? A GRU reads it letter by letter: TensorFlow 1 style."""

from names import LANGUAGES, LETTERS, load

import bifront.static as tf

UNITS = 32

tf.set_random_seed(0)
letters = tf.placeholder(tf.float32, [None, 1, len(LETTERS)], name="letters")
language = tf.placeholder(tf.int64, [1], name="language")

normal = tf.random_normal_initializer(stddev=0.2)
cell = tf.nn.rnn_cell.GRUCell(UNITS, kernel_initializer=normal)
_, state = tf.nn.dynamic_rnn(cell, letters, dtype=tf.float32, time_major=True)
kernel = tf.get_variable("kernel", [UNITS, len(LANGUAGES)], initializer=normal)
bias = tf.get_variable("bias", [len(LANGUAGES)], initializer=tf.zeros_initializer())
logits = tf.matmul(state, kernel) + bias

loss = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=language, logits=logits)
)
train = tf.train.MomentumOptimizer(0.02, momentum=0.9).minimize(loss)
guess = tf.argmax(logits, 1)

train_names, test_names = load()
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(3):
        total = 0.0
        for x, y in train_names:
            _, step_loss = session.run([train, loss], feed_dict={letters: x, language: y})
            total += float(step_loss)
        print(f"epoch {epoch + 1}  loss {total / len(train_names):.4f}")
    right = sum(session.run(guess, feed_dict={letters: x})[0] == y[0] for x, y in test_names)
    print(f"test accuracy {right / len(test_names):.4f}")
