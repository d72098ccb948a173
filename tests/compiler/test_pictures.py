"""Pictures: what DOT holds, that nothing in it can break out of its quotes, and which engine draws."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest
from graphviz.backend import dot_command

from bifront.compiler import control, ops
from bifront.compiler.dispatch import Building, using
from bifront.compiler.errors import BifrontError, EngineMissing
from bifront.compiler.ir import Graph, TensorType, Value, symbol
from bifront.compiler.ir.dtypes import float32
from bifront.compiler.ops import Kind, Op
from bifront.compiler.pictures import draw, engine, mimebundle, render
from bifront.compiler.pictures.style import FILLS
from bifront.compiler.text import parse

from ..properties.graphs import chooser, random_graph
from .regions import TEXT, choose  # noqa: F401

MLP = """\
graph @mlp(%x: f32[batch, 4] @ "a.py":1:1, %w: f32[4, 3]) state(%b: f32[3] = "dense/bias") {
  %0: f32[batch, 3] = matmul(%x, %w) {transpose_a = false, transpose_b = false} @ "a.py":3:1 in "net/dense"
  %h: f32[batch, 3] = relu(%0) @ "a.py":12:5 in "net/dense"
  %two: f32[] = constant() {value = f32[] 2.0}
  %big: f32[3, 2] = constant() {value = f32[3, 2] [[1, 2], [3, 4], [5, 6]]}
  %1: f32[batch, 3] = mul(%h, %two) @ "a.py":13:1 in "net"
  %o: f32[batch, 2] = matmul(%1, %big) {transpose_a = false, transpose_b = false}
  %2: f32[3] = reduce_sum(%1) {axes = (0,), keepdims = false} @ "a.py":14:3
  return %o, %b <- %2
}"""

needs_engine = pytest.mark.skipif(engine() is None, reason="no layout engine is installed")


def node_line(source: str, label: str) -> str:
    """The DOT statement of the box whose label begins so."""
    name = re.escape(label)
    (line,) = re.findall(rf'^\s*(n\d+ \[label=(?:"{name}(?:\\n|")|{name} ).*)$', source, re.M)
    return str(line)


def test_parts_of_a_picture() -> None:
    source = draw(parse(MLP)).source
    assert f"mlp {parse(MLP).fingerprint()[:12]}" in source
    assert "shape=invhouse" in node_line(source, "x")
    assert "shape=cylinder" in node_line(source, "dense/bias")
    assert "filled,dashed" in node_line(source, "dense/bias (new)")
    assert "shape=house" in node_line(source, "o")
    assert "operand 2 = 2.0" in node_line(source, "mul")
    assert "shape=note" in node_line(source, "constant")
    assert '[label=" f32[batch, 4] "]' in source
    assert "a.py:12" in node_line(source, "relu")
    assert "axes = (0,)" in node_line(source, "reduce_sum")


def test_colours_by_kind_with_a_legend() -> None:
    source = draw(parse(MLP)).source
    assert FILLS[Kind.ELEMENTWISE] in node_line(source, "mul")
    assert FILLS[Kind.REDUCTION] in node_line(source, "reduce_sum")
    legend = source[source.index("cluster_legend") :]
    assert re.findall(r"label=(\w+) class", legend) == [
        "elementwise", "reduction", "contraction", "creation",
    ]  # fmt: skip
    assert len(set(FILLS.values())) == len(Kind) == len(FILLS)


def test_scopes_are_nested_clusters() -> None:
    source = draw(parse(MLP)).source
    outer = source.index("label=net ")
    inner = source.index("label=dense ")
    assert outer < inner < source.index("label=relu")
    assert source.count("label=net ") == 1


def test_regions_are_clusters(choose: Op) -> None:  # noqa: F811
    source = draw(parse(TEXT)).source
    assert source.count("label=choose") == 2
    assert 'label="choose @if true"' in source
    assert source.count('label="choose @inner"') == 2
    assert source.count("lhead=cluster") == 4
    assert "label=elementwise" in source[source.index("cluster_legend") :]


def test_against_another_graph() -> None:
    a = parse(MLP)
    b = parse(
        MLP.replace("mul(%h, %two)", "mul(%0, %two)")
        .replace("axes = (0,), keepdims = false", "axes = (0,), keepdims = false")
        .replace("[[1, 2]", "[[0, 2]")
    )
    source = draw(a, against=b).source
    assert "a has 1 node more: relu at a.py:12" in source
    assert "peripheries=2" in node_line(source, "relu")
    assert "dashed" in node_line(source, "mul")
    assert "peripheries=2" in node_line(source, "constant")
    assert "computes the same" in source
    assert "computes the same" in draw(a, against=a).source
    assert "peripheries" not in draw(a, against=a).source


def test_regions_against_another_graph(choose: Op) -> None:  # noqa: F811
    source = draw(parse(TEXT), against=parse(TEXT.replace("exp", "tanh"))).source
    assert "peripheries=2" in node_line(source, "exp")
    assert "peripheries" not in node_line(source, "sin")


HOSTILE = (
    '"', "\\", '\\"', "<b>bold</b>", "<&>", "&lt;", "\\n\\l\\N", "\x00\x1b", "\ud800", "a\nb", "-->",
    "]]>", '"];evil [label="', "%s{}", "é漢", "a:b", "\\" * 3, "<", "cluster", "subgraph", "",
)  # fmt: skip


def hostile(text: str) -> Graph:
    """A graph in which everything that has a name or a text has this one."""
    graph = parse(MLP.replace("batch", '$"s"'))
    for value in (*graph.parameters, *(v for n in graph.nodes for v in n.outputs)):
        value.hint = text
    for node in graph.nodes:
        if node.location is not None:
            node.location.scope = text
            node.location.file = text
        node.attrs["value" if not node.inputs else "note"] = text  # type: ignore[index]
    states = tuple(type(s)(text, s.input, s.output) for s in graph.states)
    x = graph.inputs[0]
    named = Value(x.type.with_shape([symbol(text or "s")]), hint=text)
    return Graph(text, (*graph.inputs, named), states, graph.nodes, (*graph.outputs, named))


@needs_engine
@pytest.mark.parametrize("text", HOSTILE)
def test_everything_is_escaped(text: str, tmp_path: Path) -> None:
    target = render(draw(hostile(text)), tmp_path / "hostile.svg")
    svg = ElementTree.parse(target)
    shown = {t.text for t in svg.iter("{http://www.w3.org/2000/svg}text")}
    if text.isprintable() and text.strip():
        assert any(text in (t or "").replace("\xa0", " ") for t in shown), shown
    titles = [t.text for t in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert all(
        re.fullmatch(r"n\d+|n\d+->n\d+|cluster_\w+|legend\d+.*|graph", t or "") for t in titles
    )


@needs_engine
def test_random_graphs_are_drawn(tmp_path: Path) -> None:
    for seed in range(3):
        graph = random_graph(chooser(np.random.default_rng(seed)), 15)
        ElementTree.parse(render(draw(graph), tmp_path / f"{seed}.svg"))


# --- engines ---


def without(monkeypatch: pytest.MonkeyPatch, dot: bool, pip: bool) -> None:
    """Hide the system's ``dot``, the engine that pip installs, or both."""
    which = shutil.which
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))
    if dot:
        monkeypatch.setattr(
            shutil, "which", lambda name, *_, **__: None if str(name) == "dot" else which(name)
        )
    if pip:
        monkeypatch.setattr("bifront.compiler.pictures.rendering._from_pip", lambda: None)


def test_no_engine_keeps_the_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without(monkeypatch, dot=True, pip=True)
    assert engine() is None
    picture = draw(parse(MLP))
    with pytest.raises(EngineMissing, match="pip install graphviz-pure") as caught:
        render(picture, tmp_path / "mlp.svg")
    kept = tmp_path / "mlp.dot"
    assert str(kept) in str(caught.value)
    assert kept.read_text(encoding="utf-8") == picture.source
    assert not (tmp_path / "mlp.svg").exists()


@pytest.mark.parametrize("suffix", [".dot", ".gv"])
def test_the_source_needs_no_engine(
    suffix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without(monkeypatch, dot=True, pip=True)
    picture = draw(parse(MLP))
    written = render(picture, str(tmp_path / f"mlp{suffix}"))
    assert written.read_text(encoding="utf-8") == picture.source


def test_system_dot_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho '<svg>drawn by dot</svg>'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(dot_command, "DOT_BINARY", Path("dot"))
    assert engine() == program
    target = render(draw(parse(MLP)), tmp_path / "mlp.svg")
    assert target.read_text() == "<svg>drawn by dot</svg>\n"
    assert Path("dot") == dot_command.DOT_BINARY


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")
@pytest.mark.parametrize(
    ("script", "says"),
    [("echo broken >&2; exit 3", "dot failed: broken"), ("exit 0", "dot failed: exit status 0")],
)
def test_an_engine_that_fails(
    script: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(BifrontError, match=says):
        render(draw(parse(MLP)), tmp_path / "mlp.svg")
    assert (tmp_path / "mlp.dot").exists()
    assert "image/svg+xml" not in mimebundle(parse(MLP))


def test_the_engine_from_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without(monkeypatch, dot=True, pip=False)
    program = engine()
    if program is None:
        pytest.skip("graphviz-pure is not installed")
    assert program.stem == "graphviz-pure"
    assert b"<svg" in render(draw(parse(MLP)), tmp_path / "mlp.svg").read_bytes()
    assert render(draw(parse(MLP)), tmp_path / "mlp.png").read_bytes().startswith(b"\x89PNG")
    # draw() has told the graphviz package where it is, so that notebooks show pictures.
    assert program == dot_command.DOT_BINARY
    assert "<svg" in graphviz.Source("digraph { a -> b }").pipe(format="svg", encoding="utf-8")


def test_unknown_kinds_of_file(tmp_path: Path) -> None:
    with pytest.raises(BifrontError, match=r"end the name in one of \.svg"):
        render(draw(parse(MLP)), tmp_path / "mlp.txt")
    assert not list(tmp_path.iterdir())


# --- notebooks ---


def test_mimebundle() -> None:
    bundle = mimebundle(parse(MLP))
    assert bundle["text/plain"] == parse(MLP).to_text()
    assert ("image/svg+xml" in bundle) == (engine() is not None)
    assert parse(MLP)._repr_mimebundle_() == bundle


def test_mimebundle_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, dot=True, pip=True)
    assert mimebundle(parse(MLP)) == {"text/plain": parse(MLP).to_text()}


def test_mimebundle_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parse(MLP)
    broken = Graph("broken", (), (), graph.nodes[3:4], graph.outputs)
    assert "text/plain" in mimebundle(broken)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: 1 / 0)
    assert list(mimebundle(graph)) == ["text/plain"]


def test_loops_say_what_their_values_are() -> None:
    builder = Building("g")
    xs = builder.input(TensorType(float32, (5, 3)), "xs")
    h = builder.input(TensorType(float32, (3,)), "h")
    with using(builder):
        (last,), (all_of_them,) = control.scan(
            lambda c, s: ([ops.mul(ops.add(c[0], s[0]), ops.exp(h))], [c[0]]), [h], [xs]
        )
    source = draw(builder.close([xs, h], [last, all_of_them])).source
    for role in ("carry\\nh", "slice\\nxs", "capture\\n", "next carry", "stacked"):
        assert role in source, role
