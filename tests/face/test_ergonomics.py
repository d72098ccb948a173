"""What a program costs its author, counted in small sources by hand."""

from __future__ import annotations

import pytest

from bifront.comparison.ergonomics import Ergonomics, arranges, measure, vocabulary

STATIC = '''"""A docstring is no line."""

import numpy as np

import bifront.static as tf

x = tf.placeholder(tf.float32, [None, 3])
y = tf.reduce_sum(
    tf.square(x),
    axis=1,
)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run(y, {x: np.ones((2, 3))}))
'''
IMPERATIVE = '''import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn


class Net(nn.Module):
    """The docstring of a class is no line either."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)

    def forward(self, x):
        return F.relu(self.layer(x))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
loss = net(torch.ones(2, 3)).sum()
optimizer.zero_grad()
loss.backward()
optimizer.step()
'''


def test_static() -> None:
    # Lines: 2 imports, 2 assignments, with, and 2 in it.
    # Names: placeholder, float32, reduce_sum, square, Session, global_variables_initializer, run.
    # Ceremony: the import of the frontend, the session, the initializer and the last run. The placeholder's line
    # names an element type too.
    found = measure(STATIC)
    assert (found.style, found.lines, found.names) == ("static", 7, 7)
    assert found.ceremony == 4


def test_imperative() -> None:
    # Lines: 3 imports; class, def, super, self.layer, def, return; 6 in the program.
    found = measure(IMPERATIVE)
    assert (found.style, found.lines) == ("imperative", 15)
    # Ceremony: 3 imports, the class, super().__init__() and zero_grad().
    assert found.ceremony == 6


def test_formatting_does_not_count() -> None:
    short = "import bifront.static as tf\ny = tf.add(tf.ones(2), tf.ones(2))\n"
    long = "import bifront.static as tf\n\n# a comment\ny = tf.add(\n    tf.ones(2),\n    tf.ones(2),\n)\n"
    assert measure(short) == measure(long) == Ergonomics("static", 2, 2, 1, 0)


@pytest.mark.parametrize(
    ("line", "ceremony"),
    [
        ("x = torch.from_numpy(data)", 1),
        ("model.eval()", 1),
        ("optimizer.zero_grad()", 1),
        ("number = loss.item()", 1),
        ("loss.backward()", 0),
        ("y = torch.exp(x)", 0),
        ("y = torch.exp(x).detach()", 0),
        ("for batch in range(3): torch.manual_seed(batch)", 1),
        ("total = 1 + 2", 0),
        ("settings.update(lr=1)", 0),
    ],
)
def test_ceremony_of_a_line(line: str, ceremony: int) -> None:
    head = "import bifront.imperative as torch\n"
    assert measure(head + line).ceremony == measure(head).ceremony + ceremony


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("torch.nn.functional.relu(x)", 1),
        ("torch.exp(torch.exp(x))", 1),
        ("torch.exp(torch.log(x))", 2),
        ("np.exp(x)", 0),
        ("x.exp()", 0),  # of which type x is, the text alone does not say
        ("loss.backward()", 1),
    ],
)
def test_names_of_a_line(line: str, names: int) -> None:
    assert measure(f"import bifront.imperative as torch\n{line}\n").names == names


def test_one_name_by_two_ways_is_one() -> None:
    a = "import bifront.imperative as torch\ntorch.nn.Linear(1, 1)\n"
    b = a + "from bifront.imperative.nn import Linear\nLinear(2, 2)\n"
    assert measure(b).names == measure(a).names == 1


@pytest.mark.parametrize(
    ("line", "style"),
    [
        ("import bifront.static as tf", "static"),
        ("from bifront.static import layers", "static"),
        ("from bifront import static as tf", "static"),
        ("import bifront.tf2 as tf", "tf2"),
        ("from bifront import tf2 as tf", "tf2"),
        ("import bifront.imperative as torch", "imperative"),
        ("from bifront import imperative as torch", "imperative"),
        ("from bifront.imperative import nn", "imperative"),
    ],
)
def test_style_is_what_is_imported(line: str, style: str) -> None:
    assert measure(line) == Ergonomics(style, 1, 0, 1, 0)


@pytest.mark.parametrize(
    ("source", "nesting"),
    [
        ("x = 1", 0),
        ("def f(x):\n    return x", 1),
        ("for x in y:\n    if x:\n        z = [a for a in x]", 2),
        ("if x:\n    a = 1\nelif y:\n    a = 2\nelif z:\n    a = 3", 1),
        ("if x:\n    a = 1\nelse:\n    if y:\n        a = 2", 2),
        ("try:\n    a = 1\nexcept ValueError:\n    a = 2", 1),
        ("match x:\n    case 1:\n        with y:\n            a = 2", 2),
        ('def f():\n    """Says nothing."""', 0),
    ],
)
def test_nesting_is_that_of_the_deepest_line(source: str, nesting: int) -> None:
    assert measure(source).nesting == nesting


def test_vocabulary_holds_the_names_that_are_counted() -> None:
    assert vocabulary(IMPERATIVE) == {
        "nn.functional", "nn.Module", "__init__", "nn.Linear", "nn.functional.relu", "ones", "sum",
        "optim.SGD", "parameters", "zero_grad", "backward", "step",
    }  # fmt: skip
    assert len(vocabulary(STATIC)) == measure(STATIC).names
    assert {n for n in vocabulary(STATIC) if arranges(n, "static")} == {
        "placeholder", "Session", "global_variables_initializer", "run",
    }  # fmt: skip
