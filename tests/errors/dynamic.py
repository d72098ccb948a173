"""Mistakes of programs with branches, loops and sizes that are not known beforehand."""

from __future__ import annotations

from .case import Case

DYNAMIC = [
    Case(
        "carry_dtype",
        "static",
        """
def more(x):
    return x < 10.0

def body(x):
    return tf.cast(x, tf.int32) * 2  # MADE

start = tf.constant(1.0)  # MADE
result = tf.while_loop(more, body, [start])  # FAULT
""",
        ("Loop variable 0 (Const:0)", "float32", "int32 after one iteration"),
        ("TypeError",),
        ("tf.cast",),
    ),
    Case(
        "carry_shape",
        "static",
        """
def more(i, x):
    return i < 3

def body(i, x):
    return i + 1, tf.concat([x, x], 0)  # MADE

start = tf.ones([2, 3], name="start")  # MADE
result = tf.while_loop(more, body, [0, start])  # FAULT
""",
        ("loop variable 1 (start:0)", "(2, 3)", "(4, 3) after one iteration"),
        ("ValueError",),
        ("shape_invariants=[...]",),
    ),
    Case(
        "carry_count",
        "static",
        """
result = tf.while_loop(lambda i, x: i < 3, lambda i, x: i + 1, [0, 1.0])  # FAULT
""",
        ("match loop_vars", "2, 1"),
        ("ValueError",),
        ("all loop variables",),
    ),
    Case(
        "condition_of_numbers",
        "static",
        """
x = tf.placeholder(tf.float32, [3], name="x")
result = tf.while_loop(lambda x: x > 0.0, lambda x: x - 1.0, [x])  # FAULT # MADE
""",
        ("cond of while_loop", "bool[3]"),
        ("ValueError",),
        ("tf.reduce_all",),
    ),
    Case(
        "scan_dtype",
        "static",
        """
def add(total, x):
    return tf.cast(total + x, tf.float64)  # MADE

xs = tf.placeholder(tf.float32, [None], name="xs")
result = tf.scan(add, xs, initializer=tf.constant(0.0))  # FAULT
""",
        ("value 0", "f32[]", "f64[] after one iteration"),
        ("TypeError",),
        ("tf.cast",),
    ),
    Case(
        "scan_shape",
        "static",
        """
def add(total, x):
    return tf.stack([total, x])  # MADE

xs = tf.placeholder(tf.float32, [None], name="xs")
result = tf.scan(add, xs, initializer=tf.constant(0.0))  # FAULT
""",
        ("value 0", "f32[]", "f32[2] after one iteration"),
        ("ValueError",),
    ),
    Case(
        "branch_dtypes",
        "static",
        """
x = tf.placeholder(tf.float32, [3], name="x")
result = tf.cond(  # FAULT
    tf.reduce_sum(x) > 0.0,
    lambda: x * 2.0,  # MADE
    lambda: tf.argmax(x),  # MADE
)
""",
        ("true_fn and false_fn", "f32[3]", "i64[]"),
        ("ValueError", "TypeError"),
        ("tf.cast",),
    ),
    Case(
        "branch_counts",
        "static",
        """
x = tf.placeholder(tf.float32, [3], name="x")
result = tf.cond(tf.reduce_sum(x) > 0.0, lambda: x, lambda: (x, x))  # FAULT
""",
        ("true_fn and false_fn", "structure"),
        ("ValueError",),
    ),
    Case(
        "outside_of_loop",
        "static",
        """
kept = []

def body(x):
    kept.append(x * 2.0)  # MADE
    return kept[0]

result = tf.while_loop(lambda x: x < 9.0, body, [1.0])
total = kept[0] + 1.0  # FAULT
""",
        ("loop 'while'", "outside"),
        ("ValueError",),
        ("return",),
    ),
    Case(
        "other_loop",
        "static",
        """
kept = []

def first(x):
    kept.append(x * 2.0)  # MADE
    return kept[0]

def second(x):
    return x + kept[0]  # FAULT

tf.while_loop(lambda x: x < 9.0, first, [1.0])
tf.while_loop(lambda x: x < 9.0, second, [1.0])
""",
        ("loop 'while'", "loop 'while_1'"),
        ("ValueError",),
    ),
    Case(
        "outside_of_branch",
        "static",
        """
kept = []

def then():
    kept.append(tf.constant(1.0) * 2.0)  # MADE
    return kept[0]

result = tf.cond(tf.placeholder(tf.bool, [], name="p"), then, lambda: 0.0)
total = kept[0] + 1.0  # FAULT
""",
        ("branch of 'cond'", "outside"),
        ("ValueError",),
    ),
    Case(
        "batch_conflict",
        "static",
        """
x = tf.placeholder(tf.float32, [None, 4], name="x")  # MADE
y = tf.placeholder(tf.float32, [None, 4], name="y")  # MADE
z = x + y  # MADE
with tf.Session() as session:
    session.run(z, {x: np.zeros((3, 4)), y: np.zeros((5, 4))})  # FAULT
""",
        ("add", "[3, 4]", "[5, 4]", "3 against 5"),
        ("ValueError", "InvalidArgumentError"),
        ("run here",),
    ),
    Case(
        "sequence_length_conflict",
        "static",
        """
x = tf.placeholder(tf.float32, [None, None, 4], name="x")
n = tf.placeholder(tf.int32, [None], name="n")
cell = tf.nn.rnn_cell.BasicRNNCell(3)
_, state = tf.nn.dynamic_rnn(cell, x, sequence_length=n, dtype=tf.float32)  # MADE
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    session.run(state, {x: np.zeros((3, 5, 4)), n: [5, 5]})  # FAULT
""",
        ("2 against 3",),
        ("ValueError", "InvalidArgumentError"),
        ("run here",),
    ),
    Case(
        "loop_in_compiled",
        "imperative",
        """
@torch.compile
def total(xs, w):
    h = torch.zeros(1, 3)
    for x in xs:
        h = torch.tanh(x @ w + h)  # FAULT
    return h

xs = torch.ones(5, 1, 2)
w = torch.ones(3, 3)  # MADE
total(xs, w)
""",
        ("matmul", "f32[1, 2]", "f32[3, 3]", "2 and 3"),
        ("RuntimeError",),
    ),
    Case(
        "later_size_in_compiled",
        "imperative",
        """
@torch.compile
def total(xs, w):
    h = torch.zeros(1, 3)
    for x in xs:  # MADE
        h = torch.tanh(x @ w + h)  # FAULT
    return h

w = torch.ones(2, 3)  # MADE
for length in (4, 6, 5, 7):
    total(torch.ones(length, 1, 2), w)
total(torch.ones(5, 1, 4), w)
""",
        ("matmul", "f32[1, 4]", "f32[2, 3]", "4 and 2"),
        ("RuntimeError",),
    ),
]
