"""A script with a mistake in it, and what its end must look like."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = {
    "static": "import numpy as np\n\nimport bifront.static as tf\n\n",
    "imperative": (
        "import numpy as np\n\nimport bifront.imperative as torch\n"
        "import bifront.imperative.nn.functional as F\nfrom bifront.imperative import nn, optim\n\n"
    ),
    "ir": "import bifront as bf\n\n",
}


@dataclass(frozen=True)
class Case:
    """A script with a mistake in it.

    Attributes:
        answer: what the first line of the message must contain.
        kinds: built-in exceptions that TensorFlow 1 or PyTorch raise here, or their own (tf.errors).
        also: pieces that the whole message must contain, in this order.
        located: whether the message itself names the faulty line (the traceback always does).
    """

    name: str
    style: str
    body: str
    answer: tuple[str, ...]
    kinds: tuple[str, ...]
    also: tuple[str, ...] = ()
    located: bool = True

    @property
    def text(self) -> str:
        return HEAD[self.style] + self.body.lstrip("\n")

    def marked(self, mark: str) -> list[int]:
        lines = self.text.splitlines()
        return [n for n, line in enumerate(lines, 1) if f"# {mark}" in line]


def missing(name: str, style: str, expression: str, nearest: str, called: str) -> Case:
    return Case(
        f"name_{name}",
        style,
        f"f = {expression}  # FAULT\n",
        (f"bifront does not have {called}",),
        ("AttributeError",),
        (f"the nearest that exist: {nearest}",),
    )
