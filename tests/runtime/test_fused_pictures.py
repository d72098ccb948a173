"""Pictures of what runs together: kernels as frames, and what no kernel computes with its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bifront as bf

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")
GOLDEN = Path(__file__).resolve().parents[1] / "golden"

STEP = """\
graph @step(%x: f32[batch, 64] @ "net.py":3:1, %k: f32[2, 2, 1, 1, 1]) state(%w: f32[64, 8] = "w", %b: f32[8] = "b") {
  %0: f32[batch, 8] = matmul(%x, %w) {transpose_a = false, transpose_b = false} @ "net.py":7:5 in "dense"
  %1: f32[batch, 8] = add(%0, %b) @ "net.py":7:5 in "dense"
  %h: f32[batch, 8] = tanh(%1) @ "net.py":8:5
  %c: f32[batch, 2, 1, 2, 2] = reshape(%h) {shape = (batch, 2, 1, 2, 2)} @ "net.py":9:5
  %2: f32[batch, 2, 1, 2, 2] = conv(%c, %k) {
    dilation = (1, 1, 1), groups = 1, padding = ((0, 0), (0, 0), (0, 0)), strides = (1, 1, 1)
  } @ "net.py":9:5
  %loss: f32[] = reduce_sum(%2) {axes = (0, 1, 2, 3, 4), keepdims = false} @ "net.py":10:5
  %g: f32[8] = reduce_sum(%h) {axes = (0,), keepdims = false} @ "net.py":11:5
  %3: f32[8] = sub(%b, %g) @ "net.py":12:5
  return %loss, %w <- %w, %b <- %3
}"""


def frames(source: str) -> dict[str, list[str]]:
    """The boxes in each frame of a picture, by the frame's label."""
    found: dict[str, list[str]] = {}
    open_: list[str] = []
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("subgraph"):
            open_.append("")
        elif text == "}" and open_:
            open_.pop()
        elif open_ and (m := re.match(r'graph \[.*?\blabel=("[^"]*"|\S+) ', text)):
            open_[-1] = m.group(1).strip('"')
            found[open_[-1]] = []
        elif open_ and (m := re.match(r'n\d+ \[label="?(\w+)', text)):
            found[open_[-1]].append(m.group(1))
    return found


def test_golden_picture() -> None:
    source = bf.draw(bf.compile(bf.parse(STEP), "native")).source
    assert source == (GOLDEN / "fused.dot").read_text()


def test_frames_are_kernels_and_scopes_are_not_shown() -> None:
    found = frames(bf.draw(bf.compile(bf.parse(STEP), "native")).source)
    assert found["step 0: product, [batch, 8]"] == ["matmul", "add", "tanh"]
    assert found[
        "step 1, on NumPy: conv has kernels for one or two spatial axes of known sizes"
    ] == ["conv"]
    assert found["step 3: loop over [batch, 8], reducing axis 0"] == ["reduce_sum", "sub"]
    assert "dense" not in found
    assert "dense" in frames(bf.draw(bf.parse(STEP)).source)


def test_frames_are_numbered_as_the_steps_of_memory() -> None:
    executable = bf.compile(bf.parse(STEP), "native")
    steps = executable.memory.steps
    for group in executable.grouping().groups:
        number = int(re.match(r"step (\d+)", group.label).group(1))  # type: ignore[union-attr]
        names = [n.op.name for n in group.nodes]
        assert steps[number].removesuffix(" (reference)").split() == names


def test_a_graph_is_fused_without_being_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    from bifront.runtime.native import engine

    graph = bf.parse(STEP)
    expected = bf.draw(bf.compile(graph, "native")).source
    monkeypatch.setattr(engine, "load", None)
    assert bf.draw(bf.parse(STEP), fused=True).source == expected


def test_every_operation_stands_once() -> None:
    grouping = bf.compile(bf.parse(STEP), "native").grouping()
    nodes = [n for g in grouping.groups for n in g.nodes]
    assert len(nodes) == len(set(nodes))
    # A reshape is no work.
    assert [n.op.name for n in grouping.graph.nodes if n not in nodes] == ["reshape"]


def test_what_the_reference_runs_says_why() -> None:
    found_out = bf.parse(
        "graph @found(%x: bool[4]) {\n  %0: i64[n, 1] = nonzero(%x) {count = n}\n  return %0\n}"
    )
    for source in (
        bf.draw(bf.compile(found_out, "native")).source,
        bf.draw(found_out, fused=True).source,
    ):
        assert "each operation by itself, on numpy" in source
        assert "because nonzero finds out a size while it runs" in source


def test_explain_says_why_too() -> None:
    assert (
        "conv has kernels for one or two spatial axes of known sizes"
        in bf.compile(bf.parse(STEP), "native").explain()
    )


def test_what_is_put_together_of_pieces_is_copies() -> None:
    parts = ", ".join(f"%x{i}" for i in range(20))
    given = ", ".join(f"{p}: f32[2]" for p in parts.split(", "))
    text = f"graph @many({given}) {{\n  %0: f32[40] = concatenate({parts}) {{axis = 0}}\n  return %0\n}}"
    executable = bf.compile(bf.parse(text), "native")
    (group,) = executable.grouping().groups
    assert [n.op.name for n in group.nodes] == ["concatenate"]
    assert group.label.startswith("steps 0, 1, ")
    assert executable.memory.steps[:2] == ("copy", "copy")


def test_what_has_a_function_of_its_own_stands_by_itself() -> None:
    text = "graph @sorted(%x: f32[8]) {\n  %0: f32[8] = sort(%x) {axis = 0, descending = false}\n  return %0\n}"
    labels = [g.label for g in bf.compile(bf.parse(text), "native").grouping().groups]
    assert any(label.endswith(": sort by itself") for label in labels)
