"""What is printed reads back to the same graph, and whatever else is read is refused with a `TextError`."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bifront.compiler.autodiff import vjp
from bifront.compiler.errors import GradientError, TextError
from bifront.compiler.ir import (
    Attr,
    Dim,
    Expr,
    Graph,
    Node,
    State,
    TensorType,
    Value,
    substitute,
    symbol,
)
from bifront.compiler.ir.dtypes import ALL, float32
from bifront.compiler.ir.verify import verify
from bifront.compiler.location import Location
from bifront.compiler.ops import REGISTRY, Kind, Op
from bifront.compiler.text import parse, print_graph
from bifront.compiler.text.literals import show_dim

from .graphs import chooser, graphs, random_graph
from .reference import OPS, graph_of, samples, type_of


def assert_round_trip(graph: Graph) -> None:
    text = print_graph(graph)
    again = parse(text)
    assert again.fingerprint() == graph.fingerprint()
    assert print_graph(again) == text
    assert [s.slot for s in again.states] == [s.slot for s in graph.states]
    for old, new in zip(graph.nodes, again.nodes, strict=True):
        assert str(old.location) == str(new.location)
        if old.location is not None and new.location is not None:
            assert old.location.scope == new.location.scope
            assert old.location.column == new.location.column
    bare = print_graph(graph, locations=False)
    assert print_graph(parse(bare)) == bare


@pytest.mark.parametrize("name", OPS)
def test_every_operation(name: str) -> None:
    op = REGISTRY[name]
    for sample in samples(op):
        assert_round_trip(graph_of(op, [type_of(x) for x in sample.inputs], sample.attrs))


@given(graphs(nodes=20))
def test_random_graphs(graph: Graph) -> None:
    verify(graph)
    assert_round_trip(graph)
    verify(parse(print_graph(graph)))


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_random_graphs(seed: int) -> None:
    graph = random_graph(chooser(np.random.default_rng(seed)))
    try:
        derived = vjp(graph)
    except GradientError:  # an operation without a gradient is on the way
        return
    verify(derived)
    assert_round_trip(derived)


# --- attributes ---

# Symbols may have any name, words that mean something else in the text among them.
names = st.sampled_from(["batch", "n", "true", "f32", "inf", "a b", "n//2", 'q"', "été"]) | st.text(
    min_size=1
)


@st.composite
def dims(draw: st.DrawFn) -> Dim:
    """Arithmetic over symbols and numbers."""
    dim: Dim = draw(names.map(symbol) | st.integers(-9, 9))
    for _ in range(draw(st.integers(0, 4))):
        other = draw(names.map(symbol) | st.integers(-9, 9))
        match draw(st.sampled_from("+-*/")):
            case "+":
                dim = dim + other
            case "-":
                dim = other - dim
            case "*":
                dim = dim * other
            case _ if other != 0:
                dim = dim // other
    return dim


@st.composite
def any_array(draw: st.DrawFn) -> np.ndarray:
    """Arrays of every element type and of any bits, NaNs with a payload among them."""
    dtype = draw(st.sampled_from(ALL)).numpy
    shape = draw(array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=4))
    if dtype.kind == "b":
        return draw(arrays(dtype, shape))
    count = math.prod(shape) * dtype.itemsize
    return np.frombuffer(draw(st.binary(min_size=count, max_size=count)), dtype).reshape(shape)


atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text()
    | st.sampled_from(ALL)
    | dims()
    | any_array()
)
attributes = st.recursive(atoms, lambda inner: st.lists(inner, max_size=3).map(tuple))


def hold(**attrs: Attr) -> Op:
    """An operation that takes any attributes."""
    return Op(
        name="hold", kind=Kind.CREATION, infer=lambda **_: TensorType(float32, ()),
        evaluate=lambda **_: np.zeros(()), vjp=None, jvp=None, samples=lambda _: iter(()), doc="",
    )  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "graph", "state", "none", "f32"]), attributes))
def test_any_attribute(attrs: dict[str, Attr]) -> None:
    op = hold()
    node = Node(op, (), attrs, (TensorType(float32, ()),), None)
    graph = Graph("hold", (), (), (node,), node.outputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(REGISTRY, op.name, op)
        verify(graph)
        assert_round_trip(graph)
        (again,) = parse(print_graph(graph)).nodes
    for name, attr in attrs.items():
        assert type(again.attrs[name]) is type(attr)


@given(dims(), st.dictionaries(st.just("n"), st.integers(1, 50)))
def test_dimensions_read_back(dim: Dim, binding: dict[str, int]) -> None:
    if isinstance(dim, Expr):
        text = f"graph @g(%x: f32[{show_dim(dim)}]) {{ return %x }}"
        (read,) = parse(text).inputs[0].shape
        assert read == dim
        assert substitute(read, binding) == substitute(dim, binding)


@given(st.text(), st.text(), st.text(), st.text())
def test_any_names(name: str, slot: str, file: str, scope: str) -> None:
    where = Location.at(file, 3, 4, scope=scope)
    value = Value(TensorType(float32, ()), hint=name, location=where)
    assert_round_trip(Graph(name, (), (State(slot, value, value),), (), (value,)))


# --- hostile input ---

SEEDS = [print_graph(random_graph(chooser(np.random.default_rng(i)), 8)) for i in range(6)]
PIECES = (
    *'{}()[]<-@%:=,"#$*/+. \n\t\\0', "\x00", "\ud800", "é", "9" * 30, "1e999", "-", "//", "nan",
    "none", "graph", "return", "state", "in", "%x", "%0", "f32[", "f32[] ", 'base64"AAAA"', "n//",
    "add", "matmul", "(" * 200, "[" * 200, "true", "f32", '"', '"\\ud800"', '"\\x"', '$"a"', "²", "½",
)  # fmt: skip


def mutate(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 3)):
        i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        j = min(j, i + rng.randint(0, 8))
        match rng.randrange(4):
            case 0:
                text = text[:i] + rng.choice(PIECES) + text[j:]
            case 1:
                text = text[:i] + text[j:]
            case 2:
                text = text[:i] + text[i:j] + text[i:]
            case _:
                words = text.split(" ")
                a, b = rng.randrange(len(words)), rng.randrange(len(words))
                words[a] = words[b]
                text = " ".join(words)
    return text


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_mutations_parse_or_are_refused(text: str, seed: int) -> None:
    text = mutate(text, random.Random(seed))
    refused: TextError | None = None
    try:
        graph = parse(text)
    except TextError as error:
        refused = error
    if refused is None:
        verify(graph)
        assert_round_trip(graph)
    else:
        assert 1 <= refused.line <= text.count("\n") + 1
        assert refused.column >= 1
        assert f"line {refused.line}, column {refused.column}" in str(refused)


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(TextError):
        parse(text)


@pytest.mark.parametrize(
    "dim",
    [
        "(" * 100_000 + "n" + ")" * 100_000,
        "-" * 100_000 + "n",
        "n" + "//2" * 1000,
        "n" + "//m" * 1000,
        "*".join(["(a+b+c+d+e+f)"] * 40),
        "*".join(["n"] * 10_000),
        "*".join(["9999999999"] * 1000),
        "+".join(f"(n{i}//2)" for i in range(3000)),
        "9" * 10_000,
        "n//0",
        "1//0",
        "n//(m-m)",
    ],
    ids=lambda text: text[:12],
)
def test_dimensions_beyond_use(dim: str) -> None:
    try:
        graph = parse(f"graph @g(%x: f32[{dim}]) {{ return %x }}")
    except TextError:
        return
    assert str(graph.inputs[0].type) == "f32[n]"


@pytest.mark.parametrize(
    "attr",
    [
        "(" * 100_000,
        "(" * 1000 + "1," + "),".join([""] * 1000) + ")",
        "f32[] " + "[" * 100_000,
        "f32[] " + "[" * 100 + "1" + "]" * 100,
        "i8[2] [1, 300]",
        "i8[1] [1.5]",
        "bool[1] [1]",
        "f16[1] [1e9]",
        "f32[1] [true]",
        "f32[2, 2] [[1, 2], [3]]",
        "f32[2, 2] [1, [2, 3]]",
        'bool[2] base64"AQI="',
        'f32[1000000000000] base64""',
        'f32[1] base64"AAAA!AAA"',
        "f32[n] 1",
        "q32[] 1",
    ],
    ids=lambda text: text[:24],
)
def test_constants_beyond_use(attr: str) -> None:
    with pytest.raises(TextError):
        parse(f"graph @g() {{ %0: f32[] = constant() {{value = {attr}}} return %0 }}")
