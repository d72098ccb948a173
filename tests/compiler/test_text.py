"""The text IR: how graphs look, and what errors in text say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bifront.compiler.dispatch import Building, using
from bifront.compiler.errors import TextError
from bifront.compiler.ir import Graph, State, TensorType, symbol
from bifront.compiler.ir.dtypes import float32, int64
from bifront.compiler.ir.verify import verify
from bifront.compiler.location import Location
from bifront.compiler.ops import Op, add, matmul, mul, reduce_sum
from bifront.compiler.text import parse, print_graph

from .regions import TEXT, choose  # noqa: F401

GOLDEN = Path(__file__).parent.parent / "golden"


def step() -> Graph:
    """A step of training by hand, as from a file ``train.py``."""
    builder = Building("step")
    builder.at = Location.at("train.py", 3, 5)
    x = builder.input(TensorType(float32, (symbol("batch"), 64)), "x")
    y = builder.input(TensorType(int64, (symbol("batch"),)), "y")
    w = builder.input(TensorType(float32, (64, 10)), "w")
    with using(builder):
        builder.at, builder.scope = Location.at("train.py", 12, 5, scope="dense"), "dense"
        h = matmul(x, w)
        builder.at = Location.at("train.py", 13, 12, scope="dense/norm")
        loss = reduce_sum(mul(h, h))
        loss.hint = "loss"
        builder.at = Location.at("train.py", 20, 1)
        table = builder.constant(np.arange(20, dtype=np.float32))
        new = add(w, mul(reduce_sum(table), 0.5))
    return builder.close([x, y], [loss], [State("dense/kernel", w, new)])


def test_golden_text() -> None:
    assert print_graph(step()) == (GOLDEN / "step.bf").read_text().rstrip("\n")
    assert parse((GOLDEN / "step.bf").read_text()).fingerprint() == step().fingerprint()


def test_str_of_a_graph_is_its_text() -> None:
    assert str(step()) == step().to_text() == print_graph(step())


def test_locations_can_be_left_out() -> None:
    text = print_graph(step(), locations=False)
    assert "@ " not in text
    assert text.startswith(
        "graph @step(%x: f32[batch, 64], %y: i64[batch]) "
        'state(%w: f32[64, 10] = "dense/kernel") {\n'
    )
    assert parse(text).fingerprint() == step().fingerprint()


def test_layout_comments_and_order_are_free() -> None:
    text = """
    # A comment.
    graph @g ( %a : f32 [ 2 ] , ) { # another
      %dead: f32[2] = neg(%a)
      %0: f32[2]
        = add( %a,
               %a ) return %0 }
    """
    graph = parse(text)
    assert [node.op.name for node in graph.nodes] == ["neg", "add"]
    assert [v.hint for v in graph.nodes[0].outputs] == ["dead"]


def test_names_are_unique_hints() -> None:
    builder = Building("names")
    x = builder.input(TensorType(float32, ()), "x")
    with using(builder):
        values = [x]
        for hint in ("x", "x.1", "not a name", "x"):
            values.append(add(values[-1], x))
            values[-1].hint = hint
    text = print_graph(builder.close([x], values[-1:]), locations=False)
    assert re.findall(r"^  (%\S+):", text, re.M) == ["%x.1", "%x.1.1", "%0", "%x.2"]
    assert print_graph(parse(text)) == text


def test_constants_small_and_large() -> None:
    builder = Building("constants")
    small = builder.constant(np.array([[0.1, -np.inf], [np.nan, 1e-30]], np.float32))
    large = builder.constant(np.arange(17, dtype=np.int8))
    graph = builder.close([], [small, large])
    text = print_graph(graph, locations=False)
    assert "{value = f32[2, 2] [[0.1, -inf], [nan, 1e-30]]}" in text
    assert '{value = i8[17] base64"AAECAwQFBgcICQoLDA0ODxA="}' in text
    for old, new in zip(graph.nodes, parse(text).nodes, strict=True):
        before, after = old.attrs["value"], new.attrs["value"]
        assert isinstance(before, np.ndarray)
        assert isinstance(after, np.ndarray)
        assert before.tobytes() == after.tobytes()


def test_locations_survive() -> None:
    node = parse(print_graph(step())).nodes[0]
    assert node.location is not None
    assert (node.location.file, node.location.line, node.location.column) == ("train.py", 12, 5)
    assert node.location.scope == "dense"


def test_regions(choose: Op) -> None:  # noqa: F811
    graph = parse(TEXT)
    verify(graph)
    text = print_graph(graph)
    assert parse(text).fingerprint() == graph.fingerprint()
    assert print_graph(parse(text)) == text
    assert text == (GOLDEN / "regions.bf").read_text().rstrip("\n")
    inner = graph.nodes[1].regions[1].nodes[0].regions[1]
    assert [node.op.name for node in inner.nodes] == ["exp"]
    assert parse(TEXT.replace("exp", "tanh")).fingerprint() != graph.fingerprint()


def test_a_region_sees_only_its_inputs(choose: Op) -> None:  # noqa: F811
    with pytest.raises(TextError, match="%p is not defined here"):
        parse(TEXT.replace("return %0, %a", "return %0, %p"))


def test_regions_nested_without_end(choose: Op) -> None:  # noqa: F811
    nested = "return %x"
    for _ in range(200):
        nested = f"%y: f32[] = choose(%x) {{ graph @r(%x: f32[]) {{ {nested} }} }} return %y"
    with pytest.raises(TextError, match="nested more than 50 deep"):
        parse(f"graph @g(%x: f32[]) {{ {nested} }}")


# --- errors ---

MLP = """\
graph @mlp(%x: f32[batch, 4], %w: f32[4, 3]) state(%b: f32[3] = "bias") {
  %0: f32[batch, 3] = matmul(%x, %w) {transpose_a = false, transpose_b = false}
  %1: f32[batch, 3] = add(%0, %b)
  %2: f32[3] = reduce_sum(%1) {axes = (0,), keepdims = false}
  %c: f32[2] = constant() {value = f32[2] [1.0, 2.0]}
  return %1, %b <- %2
}"""

MISTAKES = [
    # what is replaced, by what, line, column, what the error says
    ("%x: f32", "%x f32", 1, 15, 'expected ":", found "f32"'),
    ("f32[batch, 4]", "float32[batch, 4]", 1, 16, "float32 is not an element type|write f32"),
    ("f32[batch, 4]", "f23[batch, 4]", 1, 16, "f23 is not an element type|write f32"),
    ("f32[batch, 4]", "f32[batch, -4]", 1, 16, "a dimension cannot be -4"),
    ("f32[batch, 4]", "f32[batch, 4.5]", 1, 16, "4.5 is no dimension"),
    ("f32[batch, 4]", "f32[true, 4]", 1, 16, 'true is no dimension|a symbol .* \\$"true"'),
    ("= matmul", "= matmull", 2, 23, "there is no operation matmull|write matmul"),
    ("= matmul", "matmul", 2, 21, 'expected "," or "=", found "matmul"'),
    ("add(%0, %b)", "add(%0, %bb)", 3, 31, "%bb is not defined here|write %b"),
    ("add(%0, %b)", "add(%0, %1)", 3, 31, "%1 is not defined here"),
    ("add(%0, %b)", "add(%0)", 3, 23, "add takes 2 operands, 1 are given"),
    ("add(%0, %b)", "add(%0, %b, %b)", 3, 23, "add takes 2 operands, 3 are given"),
    ("add(%0, %b)", "add(%0, %b) {k = 1}", 3, 36, "add has no attribute k|it has none"),
    ("%1: f32", "%0: f32", 3, 3, "%0 is defined already, on line 2"),
    ("%2: f32[3]", "%2: f64[3]", 4, 3, "written as f64\\[3\\], reduce_sum gives f32\\[3\\]"),
    ("%2: f32[3]", "%2: f32[3], %3: f32[3]", 4, 28, "reduce_sum gives 1 values, 2 are named"),
    ("axes = ", "axis = ", 4, 32, "reduce_sum has no attribute axis|write axes"),
    ("axes = (0,)", "axes = (0)", 4, 16, "reduce_sum"),
    ("axes = (0,)", "axes = (0,", 4, 42, 'expected "[(]", "[)]", .*, found ","'),
    (", keepdims = false", "", 4, 16, "reduce_sum needs keepdims"),
    ("keepdims = false", "axes = (1,)", 4, 45, "the attribute axes is given twice"),
    ("[1.0, 2.0]", "[1.0]", 5, 36, "the numbers have shape \\[1\\], the type says \\[2\\]"),
    ("[1.0, 2.0]", "[1.0, x]", 5, 36, "x is not an element of f32"),
    ("[1.0, 2.0]", 'base64"AAAA"', 5, 36, "8 bytes are needed, 3 are given"),
    ("[1.0, 2.0]", 'base64"AAA"', 5, 36, "not base64"),
    ("[1.0, 2.0]", 'base64"AAA', 5, 49, "this string has no end"),
    ("[1.0, 2.0]", "[1.0 2.0]", 5, 48, 'expected "," or "]", found "2.0"'),
    ("%b <- %2", "%b <- %1", 6, 20, "the state %b is f32\\[3\\], %1 is f32\\[batch, 3\\]"),
    ("%b <- %2", "%x <- %x", 6, 14, "%x is not a state"),
    ("%b <- %2", "%b <- %2, %b <- %b", 6, 24, "the state %b is written twice"),
    (
        "return",
        "retrun",
        6,
        3,
        'expected "return", .* or a value such as %x, found "retrun"|write return',
    ),
    ("%b <- %2\n}", "%b <- %2", 6, 22, 'expected "," or "}", found the end of the text'),
    ("%b <- %2\n}", "%b <- %2\n} }", 7, 3, 'expected the end of the text, found "}"'),
    ('"bias")', '"bias", %d: f32[] = "bias")', 1, 85, 'two states have the slot "bias"'),
    ('"bias")', '"bi\\as")', 1, 65, "not a string"),
    ('"bias")', '"bias)', 1, 65, "this string has no end on its line|close it"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "says"), MISTAKES)
def test_mistakes(old: str, new: str, line: int, column: int, says: str) -> None:
    assert old in MLP
    text = MLP.replace(old, new, 1)
    with pytest.raises(TextError) as caught:
        parse(text, "mlp.bf")
    error = caught.value
    message = str(error)
    assert (error.line, error.column) == (line, column), message
    for part in says.split("|"):
        assert re.search(part, message), message
    head, place, shown, caret, *_ = message.split("\n")
    assert head.startswith(f"line {line}, column {column}: ")
    assert place == f"  mlp.bf:{line}:{column}"
    written = text.split("\n")[line - 1]
    assert shown.strip() == written.strip()
    # The caret stands under the character that the column names.
    margin = len(written) - len(written.lstrip())
    assert len(caret) - len("      ") - 1 == column - 1 - margin


def test_the_caret_stays_in_sight_on_long_lines() -> None:
    text = MLP.replace("[1.0, 2.0]", 'base64"' + "A" * 100_000 + '" oops')
    with pytest.raises(TextError) as caught:
        parse(text)
    shown = str(caught.value).split("\n")
    assert max(map(len, shown)) < 120
    assert shown[3].index("^") == shown[2].index("oops")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("= f32", '= "f32"', 'the attribute dtype cannot be "f32"'),
        ("= (2,)", "= none", "the attribute shape cannot be none"),
        ("value = 1", 'value = "1"', 'the attribute value cannot be "1"'),
        ("= (2,)", "= (1.5,)", "the dimension 1.5 is neither an int nor an expression"),
        ("= (2,)", "= (-2,)", "a dimension is -2"),
        ("= (2,)", "= (true,)", "the dimension True is neither"),
    ],
)
def test_attributes_of_a_wrong_kind(old: str, new: str, says: str) -> None:
    text = "graph @g() { %0: f32[2] = full() {value = 1, shape = (2,), dtype = f32} return %0 }"
    parse(text)
    with pytest.raises(TextError, match=says):
        parse(text.replace(old, new))


@pytest.mark.parametrize(
    "change", ["axes = (2,)", "axes = (-1,)", "axes = (1, 0)", "axes = (0, 0)", "axes = 0"]
)
def test_axes_that_do_not_exist(change: str) -> None:
    text = "graph @g(%x: f32[2, 3]) { %0: f32[2, 3] = reduce_sum(%x) {AXES, keepdims = true} return %0 }"
    with pytest.raises(TextError, match="reduce_sum: ax"):
        parse(text.replace("AXES", change))


@pytest.mark.parametrize("text", ["", " ", "graph", "{}", "\x00", "import os"])
def test_other_texts(text: str) -> None:
    with pytest.raises(TextError, match="expected"):
        parse(text)


def test_symbols_that_an_operation_invents_may_have_any_name() -> None:
    text = """graph @g(%x: f32[4]) {
      %0: i64[found, 1] = nonzero(%x) {count = found}
      return %0
    }"""
    verify(parse(text))
