"""Depth is no obstacle: a chain of 100,000 nodes goes through everything that walks graphs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from bifront.compiler.autodiff import vjp
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, live_nodes
from bifront.compiler.ir.diff import diff, same
from bifront.compiler.ir.dtypes import float32
from bifront.compiler.ir.verify import verify
from bifront.compiler.location import Location
from bifront.compiler.ops import cos, sin
from bifront.compiler.pictures import draw
from bifront.compiler.text import parse, print_graph

DEPTH = 100_000
SCALAR = TensorType(float32, ())


def chain(more_at: int | None = None) -> Graph:
    """``sin`` of ``sin`` of ..., with a ``cos`` somewhere if asked for."""
    builder = Building("deep")
    builder.at = Location.at("deep.py", 1, 1)
    x = y = builder.input(SCALAR, "x")
    with using(builder):
        for i in range(DEPTH):
            y = sin(y)  # type: ignore[assignment]
            if i == more_at:
                y = cos(y)  # type: ignore[assignment]
    return builder.close([x], [y])


@pytest.fixture(scope="module")
def deep() -> Graph:
    return chain()


@pytest.fixture(autouse=True)
def little_stack() -> Iterator[None]:
    """Recursion once a node would end here at once."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield
    sys.setrecursionlimit(before)


def test_order_and_fingerprint(deep: Graph) -> None:
    assert len(live_nodes(deep.outputs)) == DEPTH
    assert deep.fingerprint() == chain().fingerprint()


def test_text(deep: Graph) -> None:
    text = print_graph(deep, locations=False)
    assert text.count("\n") == DEPTH + 2
    again = parse(text)
    assert same(again, deep)
    assert print_graph(again) == text


def test_verify(deep: Graph) -> None:
    verify(deep)


def test_diff(deep: Graph) -> None:
    found = diff(deep, chain(more_at=DEPTH // 2))
    assert "b has 1 node more: cos at deep.py:1" in str(found)
    assert found.summary()


def test_vjp(deep: Graph) -> None:
    gradient = vjp(deep)
    assert len(gradient.nodes) > 2 * DEPTH
    verify(gradient)


def test_picture(deep: Graph) -> None:
    assert draw(deep).source.count("label=sin") == DEPTH
