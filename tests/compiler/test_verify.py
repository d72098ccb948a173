"""`verify` accepts what is built, and shows what is wrong under the guilty node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bifront.compiler.errors import GraphError
from bifront.compiler.ir import (
    Attrs,
    Expr,
    Graph,
    Node,
    State,
    TensorType,
    Value,
    symbol,
)  # fmt: skip
from bifront.compiler.ir.dims import FloorDiv
from bifront.compiler.ir.dtypes import float32, float64, int64
from bifront.compiler.ir.verify import verify
from bifront.compiler.location import Location
from bifront.compiler.ops import ADD, FULL, NEG, NONZERO, REDUCE_SUM, Op
from bifront.compiler.text import parse

from .regions import TEXT, choose  # noqa: F401

F32 = TensorType(float32, (2,))
HERE = Location.at(__file__, 1, 1)


def node(
    op: Op,
    inputs: Sequence[Value],
    attrs: Attrs | None = None,
    type: TensorType = F32,
    location: Location | None = None,
) -> Node:
    return Node(op, inputs, attrs or {}, (type,), location)


def graph(
    nodes: Sequence[Node],
    inputs: Sequence[Value] = (),
    outputs: Sequence[Value] | None = None,
    states: Sequence[State] = (),
) -> Graph:
    last = nodes[-1].outputs if nodes and outputs is None else outputs
    return Graph("g", tuple(inputs), tuple(states), tuple(nodes), tuple(last or ()))


def fails(bad: Graph) -> str:
    with pytest.raises(GraphError) as caught:
        verify(bad)
    return str(caught.value)


def test_well_formed() -> None:
    x = Value(F32, hint="x")
    a = node(NEG, [x])
    verify(graph([a, node(ADD, [a.output, x])], [x]))
    verify(graph([], [x], [x, x]))
    verify(graph([]))


def test_message_stands_under_the_node_with_the_users_line() -> None:
    x = Value(F32, hint="x")
    chain = [node(NEG, [x])]
    for _ in range(20):
        chain.append(node(NEG, [chain[-1].output]))
    chain[12] = node(NEG, [chain[11].output], type=TensorType(float64, (2,)), location=HERE)
    chain[13] = node(NEG, [chain[12].output])
    lines = fails(graph(chain, [x])).split("\n")
    assert lines[0] == "graph 'g' is not well formed: neg gives f32[2], the node says f64[2]"
    guilty = next(i for i, line in enumerate(lines) if "f64[2] = neg" in line)
    assert lines[guilty].strip() == "%12: f64[2] = neg(%11)"
    assert lines[guilty + 1].strip() == "^" * len(lines[guilty].strip())
    assert lines[guilty + 2].strip() == "neg gives f32[2], the node says f64[2]"
    shown = [line for line in lines if "= neg(" in line]
    assert len(shown) == 11
    assert f"{__file__}:1:1: made here" in "\n".join(lines)


def test_operand_from_elsewhere() -> None:
    assert "another graph's input" in fails(graph([node(NEG, [Value(F32, hint="y")])]))


def test_operand_of_a_later_node() -> None:
    x = Value(F32)
    a = node(NEG, [x])
    b = node(NEG, [a.output])
    assert "made by a later node" in fails(graph([b, a], [x]))


def test_result_from_elsewhere() -> None:
    message = fails(graph([], outputs=[Value(F32, hint="y")]))
    assert "a result is neither an input nor made by a node" in message


def test_value_made_twice() -> None:
    x = Value(F32)
    a = node(NEG, [x])
    assert "makes a value that exists already" in fails(graph([a, a], [x]))


def test_input_twice_and_input_made_by_a_node() -> None:
    x = Value(F32)
    assert "an input twice" in fails(graph([], [x, x]))
    made = node(NEG, [x])
    assert "an input is made by a node" in fails(graph([made], [x, made.output]))


def test_output_that_does_not_know_its_node() -> None:
    x = Value(F32)
    a, b = node(NEG, [x]), node(NEG, [x])
    a.outputs = b.outputs
    assert "does not know that this node makes it" in fails(graph([a], [x]))


def test_states() -> None:
    w, v = Value(F32), Value(F32)
    twice = [State("w", w, w), State("w", v, v)]
    assert "two states have the slot 'w'" in fails(graph([], states=twice))
    wide = node(FULL, [], {"value": 0, "shape": (2,), "dtype": float64}, TensorType(float64, (2,)))
    changed = graph([wide], [], [], [State("w", w, wide.output)])
    assert "the state 'w' is f32[2] and becomes f64[2]" in fails(changed)


def test_types_must_be_inferred() -> None:
    x = Value(F32)
    wrong = node(REDUCE_SUM, [x], {"axes": (0,), "keepdims": True}, TensorType(float32, (2,)))
    assert "reduce_sum gives f32[1], the node says f32[2]" in fails(graph([wrong], [x]))
    y = Value(TensorType(float64, (2,)))
    assert "add: element types differ" in fails(graph([node(ADD, [x, y])], [x, y]))


@pytest.mark.parametrize(
    ("attrs", "says"),
    [
        (
            {"value": np.float64(1), "shape": (2,), "dtype": float32},
            "attribute value of full is a float64",
        ),
        ({"value": 1, "shape": [2], "dtype": float32}, "a list, which attributes cannot be"),
        ({"value": 1, "shape": (np.int64(2),), "dtype": float32}, "a int64, which"),
        ({"value": {}, "shape": (2,), "dtype": float32}, "a dict, which"),
        ({"value": 2**70, "shape": (2,), "dtype": float32}, "beyond 64 bits"),
        ({"value": np.array(["x"]), "shape": (2,), "dtype": float32}, "an array of <U1"),
        ({"value": 1, "shape": (2,), "dtype": float32, "extra": 1}, "cannot infer its type"),
        ({"value": 1, "shape": (2,)}, "cannot infer its type"),
    ],
)
def test_attributes(attrs: Attrs, says: str) -> None:
    assert says in fails(graph([node(FULL, [], attrs)]))


@pytest.mark.parametrize("dim", [-1, 2.0, np.int64(2), True])
def test_dimensions(dim: int) -> None:
    x = Value(TensorType(float32, (dim,)))
    assert "dimension" in fails(graph([], [x]))


class TestFreshSymbols:
    """Where values decide a size, the symbol may have any name that is free."""

    def make(self, count: Expr, *shape: object) -> Graph:
        x = Value(TensorType(float32, (4, symbol("n"))))
        type = TensorType(int64, shape)  # type: ignore[arg-type]
        return graph([node(NONZERO, [x], {"count": count}, type)], [x])

    def test_same(self) -> None:
        verify(self.make(symbol("k"), symbol("k"), 2))

    def test_another_number_is_wrong(self) -> None:
        assert "nonzero gives" in fails(self.make(symbol("k"), symbol("k"), 3))
        assert "nonzero gives" in fails(self.make(symbol("k"), 5, 2))


def test_fresh_symbol_of_an_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, other = symbol("fresh"), symbol("other")
    half = Expr((((FloorDiv(fresh, 2),), 1),))  # type: ignore[arg-type]
    op = Op(
        "invent", NEG.kind, lambda x: TensorType(float32, (fresh, half, fresh + 1)),
        NEG.evaluate, None, None, NEG.samples, "",
    )  # fmt: skip
    x = Value(TensorType(float32, (symbol("n"),)))
    good = TensorType(float32, (other, other // 2, other + 1))
    verify(graph([node(op, [x], type=good)], [x]))
    bad = TensorType(float32, (other, other // 2, other + 2))
    assert "invent gives" in fails(graph([node(op, [x], type=bad)], [x]))
    known = TensorType(float32, (4, 2, 5))
    assert "invent gives" in fails(graph([node(op, [x], type=known)], [x]))


def test_regions_are_verified(choose: Op) -> None:  # noqa: F811
    outer = parse(TEXT)
    verify(outer)
    inner = outer.nodes[1].regions[0]
    outside = outer.inputs[1]
    leak = Node(NEG, [outside], {}, [outside.type], None)
    open_region = Graph("open", inner.inputs, (), (leak,), (leak.output, inner.inputs[0]))
    bad = Node(
        choose, outer.nodes[1].inputs, {}, [v.type for v in outer.nodes[1].outputs], None,
        (open_region, outer.nodes[1].regions[1]),
    )  # fmt: skip
    message = fails(Graph("g", outer.inputs, (), (outer.nodes[0], bad), bad.outputs))
    assert "graph 'open' is not well formed" in message
