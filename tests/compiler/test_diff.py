"""`diff` says where two graphs part, and agrees with the fingerprint."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph
from bifront.compiler.ir.align import Relation
from bifront.compiler.ir.diff import diff, same
from bifront.compiler.ops import Op, exp, relu, sin
from bifront.compiler.text import parse, print_graph

from ..properties.graphs import chooser, graphs, random_graph
from .regions import TEXT, choose  # noqa: F401

MLP = """\
graph @mlp(%x: f32[batch, 4] @ "a.py":1:1, %w: f32[4, 3]) state(%b: f32[3] = "bias") {
  %0: f32[batch, 3] = matmul(%x, %w) {transpose_a = false, transpose_b = false}
  %h: f32[batch, 3] = relu(%0) @ "a.py":12:5
  %two: f32[] = constant() {value = f32[] 2.0}
  %1: f32[batch, 3] = mul(%h, %two)
  %2: f32[3] = reduce_sum(%1) {axes = (0,), keepdims = false} @ "a.py":14:3
  return %1, %b <- %2
}"""


SUM = "f32[3] = reduce_sum(%0) {axes = (0,), keepdims = false}"


def variant(*changes: tuple[str, str]) -> Graph:
    text = MLP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse(text)


DIFFERENCES = [
    ([("2.0", "3.0")], "operand 2 of mul is the constant f32[] 2.0 in a, the constant f32[] 3.0"),
    ([("= mul(", "= add(")], "the operation is mul in a, add in b"),
    ([("%h, %two", "%two, %h")], "operand 1 of mul is %1 (relu at a.py:12) in a, the constant"),
    ([("%h, %two", "%0, %two")], "a has 1 node more: relu at a.py:12"),
    ([("mul(%h, %two)", "mul(%h, %h)")], "operand 2 of mul is the constant f32[] 2.0 in a, %1"),
    ([("transpose_b = false", "transpose_b = true"), ("%w: f32[4, 3]", "%w: f32[3, 4]")],
     "the type of this input is f32[4, 3] in a, f32[3, 4] in b"),
    ([("return %1", "return %1, %0")], "a has 1 output, b has 2 outputs"),
    ([("%w: f32[4, 3]", "%w: f32[4, 3], %z: i64[]")], "a has 2 inputs, b has 3 inputs"),
    ([('"bias"', '"bias", %c: f32[] = "c"')], "a has 1 state, b has 2 states"),
    ([(", %b <- %2", "")], "a has 1 node more: reduce_sum at a.py:14"),
    ([("return %1, %b <- %2", "return %1, %b <- %c"), ("  return", f"  %c: {SUM}\n  return")],
     "operand 1 of reduce_sum is %2 (mul) in a, %0 (matmul) in b"),
    ([("return %1", "return %h")], "this output is %2 (mul) in a, %1 (relu at a.py:12) in b"),
    ([("f32", "f64")], "the type of this input is f32[batch, 4] in a, f64[batch, 4] in b"),
    ([("batch", "5")], "the type of this input is f32[batch, 4] in a, f32[5, 4] in b"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "says"), DIFFERENCES)
def test_differences_in_words(changes: list[tuple[str, str]], says: str) -> None:
    a, b = parse(MLP), variant(*changes)
    found = diff(a, b)
    assert found
    assert not same(a, b)
    assert says in str(found), str(found)
    assert str(found).startswith("the graphs are not the same: ")
    assert bool(diff(b, a))
    assert str(diff(b, a))


def test_attribute() -> None:
    square = "graph @g(%x: f32[2, 2]) {{ %0: f32[2] = reduce_sum(%x) {{{}}} return %0 }}"
    a, b = (parse(square.format(f"axes = ({i},), keepdims = false")) for i in (0, 1))
    assert "the attribute axes is (0,) in a, (1,) in b" in str(diff(a, b))


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("batch", "n"), ("%x", "%input"), ("@mlp", "@other"), ('"bias"', '"b:0"')],
        [('@ "a.py":12:5', '@ "b.py":1:1 in "scope"')],
        [("  %h: f32", "  %dead: f32[4, 3] = neg(%w)\n  %h: f32")],
    ],
)
def test_names_locations_and_dead_nodes_play_no_part(changes: list[tuple[str, str]]) -> None:
    found = diff(parse(MLP), variant(*changes))
    assert not found
    assert str(found) == "the graphs are the same"
    assert same(parse(MLP), variant(*changes))


def chain(*ops: object) -> Graph:
    builder = Building("chain")
    x = y = builder.input(parse(MLP).inputs[0].type, "x")
    with using(builder):
        for op in ops:
            y = op(y)  # type: ignore[operator]
    return builder.close([x], [y])


def test_shows_both_users_lines() -> None:
    a = chain(sin, exp, sin)
    b = chain(sin, relu, sin)
    text = str(diff(a, b))
    assert text.count("y = op(y)") == 2
    assert text.count("^^^^^") == 2
    assert "a: %1: f32[batch, 4] = exp(%0)" in text
    assert "b: %1: f32[batch, 4] = relu(%0)" in text


def test_counts_the_nodes_that_one_side_has_more() -> None:
    text = str(diff(chain(sin, sin, sin), chain(sin, exp, sin, exp, sin)))
    assert "b has 2 nodes more: exp at" in text
    assert "a has" not in text


def test_summary() -> None:
    rows = diff(chain(sin, exp), chain(sin, sin)).summary().split("\n")
    assert [row.split() for row in rows] == [
        ["a", "b"],
        ["exp", "1", "0", "differ"],
        ["sin", "1", "2", "differ"],
        ["all", "2", "2"],
    ]


def test_regions(choose: Op) -> None:  # noqa: F811
    a, b = parse(TEXT), parse(TEXT.replace("exp", "tanh"))
    text = str(diff(a, b))
    assert "region 2 (@otherwise) of choose differs" in text
    assert "region 2 (@inner) of choose differs" in text
    assert "the operation is exp in a, tanh in b" in text


def test_relations() -> None:
    a, b = parse(MLP), variant(("%h, %two", "%0, %two"), ("axes = (0,), keepdims = false",) * 2)
    left, right = diff(a, b).sides
    relations = {node.op.name: relation for node, relation in left.relation.items()}
    assert relations == {
        "matmul": Relation.SAME,
        "relu": Relation.ALONE,
        "constant": Relation.SAME,
        "mul": Relation.MOVED,
        "reduce_sum": Relation.MOVED,
    }
    assert Relation.ALONE not in right.relation.values()
    assert all(right.partner[m] is n for n, m in left.partner.items())


@given(graphs(), graphs())
def test_agrees_with_the_fingerprint(a: Graph, b: Graph) -> None:
    found = diff(a, b)
    assert bool(found) == (a.fingerprint() != b.fingerprint())
    assert str(found)
    assert found.summary()
    assert not diff(a, parse(print_graph(a)))


@given(st.integers(0, 200), st.integers(0, 10_000))
def test_one_changed_line_is_found(seed: int, which: int) -> None:
    """A graph with one number, name or operation changed is different, and every difference has words."""
    text = print_graph(random_graph(chooser(np.random.default_rng(seed)), 15))
    for old, new in (
        ("sin(", "cos("),
        ("add(", "sub("),
        ("f32", "f64"),
        ("1.0", "1.5"),
        ("0", "1"),
    ):
        pieces = text.split(old)
        if len(pieces) > 1:
            cut = 1 + which % (len(pieces) - 1)
            changed = old.join(pieces[:cut]) + new + old.join(pieces[cut:])
            try:
                b = parse(changed)
            except ValueError:
                continue
            found = diff(parse(text), b)
            assert bool(found) == (not same(parse(text), b))
            assert ("not the same" in str(found)) == bool(found)
            left, right = found.sides
            assert len(left.partner) == len(right.partner)
