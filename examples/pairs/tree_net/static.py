"""Is an expression a condition? A recursive network reads its parse tree: TensorFlow 1 style.

A graph cannot call itself. So the tree becomes three arrays: its leaves, and for each inner node, children before
parents, the numbers of its two children. A while_loop goes through the inner nodes and keeps every node's vector in a
TensorArray. One graph serves all trees. The price: the program's recursion is gone from the program, the tree must be
numbered outside, and every read and write of a node goes through the array, in the backward pass too.
"""

import numpy as np
from expressions import KINDS, load

import bifront.static as tf

UNITS = 16

tf.set_random_seed(0)
leaves = tf.placeholder(tf.int64, [None], name="leaves")
left = tf.placeholder(tf.int32, [None], name="left")
right = tf.placeholder(tf.int32, [None], name="right")
condition = tf.placeholder(tf.int64, [1], name="condition")

kinds = tf.Variable(tf.random_normal([len(KINDS), UNITS], stddev=0.5), name="kinds")
kernel = tf.Variable(tf.random_normal([2 * UNITS, UNITS], stddev=0.2), name="kernel")
bias = tf.Variable(tf.zeros([UNITS]), name="bias")
out = tf.Variable(tf.random_normal([UNITS, 2], stddev=0.2), name="out")

leaf_count, inner_count = tf.shape(leaves)[0], tf.shape(left)[0]
nodes = tf.TensorArray(
    tf.float32, leaf_count + inner_count, element_shape=[UNITS], clear_after_read=False
)
nodes = nodes.scatter(tf.range(leaf_count), tf.nn.embedding_lookup(kinds, leaves))


def combine(i, nodes):
    both = tf.concat([nodes.read(left[i]), nodes.read(right[i])], 0)
    vector = tf.tanh(tf.matmul(both[None], kernel) + bias)
    return i + 1, nodes.write(leaf_count + i, vector[0])


_, nodes = tf.while_loop(lambda i, _: i < inner_count, combine, [0, nodes])
logits = tf.matmul(nodes.read(leaf_count + inner_count - 1)[None], out)
loss = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=condition, logits=logits)
)
train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
guess = tf.argmax(logits, 1)


def numbered(shape, leaf_count):
    """The children of the inner nodes of a tree, children before parents."""
    children = []

    def visit(part):
        if isinstance(part, int):
            return part
        children.append([visit(child) for child in part])
        return leaf_count + len(children) - 1

    visit(shape)
    return np.array(children, np.int32)


def feed_of(shape, tree_leaves):
    children = numbered(shape, len(tree_leaves))
    return {leaves: tree_leaves, left: children[:, 0], right: children[:, 1]}


train_trees, test_trees = load()
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for epoch in range(2):
        total = 0.0
        for shape, tree_leaves, y in train_trees:
            feed = {**feed_of(shape, tree_leaves), condition: y}
            _, step_loss = session.run([train, loss], feed_dict=feed)
            total += float(step_loss)
        print(f"epoch {epoch + 1}  loss {total / len(train_trees):.4f}")
    hits = sum(session.run(guess, feed_dict=feed_of(s, ids))[0] == y[0] for s, ids, y in test_trees)
    print(f"test accuracy {hits / len(test_trees):.4f}")
