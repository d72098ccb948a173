"""What a page is made of: ids, what is drawn, lines of both scripts."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import bifront as bf
import bifront.static as tf
from bifront.comparison.comparison import Comparison
from bifront.compiler.pictures.style import FILLS
from bifront.page import collect, to_html, to_json
from bifront.page.graphs import picture
from bifront.page.identity import identify

PAIRS = Path(__file__).resolve().parents[2] / "examples" / "pairs"


def test_the_same_graph_has_the_same_ids(comparison: Comparison) -> None:
    first, second = (identify(graph) for graph in (comparison.graph, comparison.other))
    ops = [{id: node.op.name for node, id in one.nodes.items()} for one in (first, second)]
    assert ops[0] == ops[1]
    assert set(first.values.values()) == set(second.values.values()) == {"i0", "s0"}


def test_counterparts_in_another_graph_have_their_id(pair: Path, trained, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text((pair / "imperative.py").read_text().replace("tanh", "sigmoid"))
    first, second = trained(pair / "static.py"), trained(other)
    ids = identify(first)
    others = identify(second, (first, ids))
    named = {id: node.op.name for node, id in ids.nodes.items()}
    for node, id in others.nodes.items():
        assert (id in named) == (not id.startswith("x"))
        assert node in others.relations
    same = {id for node, id in others.nodes.items() if node.op.name == "matmul"}
    assert same & {id for id, name in named.items() if name == "matmul"}
    assert len(set(others.nodes.values())) == len([n for n in others.nodes if n.inputs]) + len(
        {id for node, id in others.nodes.items() if not node.inputs}
    )


def test_nodes_have_the_lines_of_both_scripts(comparison: Comparison) -> None:
    content = collect(comparison)
    (graph,) = content.graphs or ()
    lines = {node.label: node.lines for node in graph.nodes.values() if node.kind != "state"}
    assert lines["tanh"] == {"static": (7,), "imperative": (9,)}
    assert lines["x"]["static"] == (5,)
    # What the gradient adds stands on the line of what it is the gradient of.
    backward = next(box for box in graph.boxes.values() if box.label == "backward")
    inside = [graph.nodes[i] for row in backward.rows for i in row if i in graph.nodes]
    assert inside
    assert all({7, 8, 9} & set(node.lines["static"]) for node in inside if node.lines)
    assert {box.label for box in graph.boxes.values() if box.kind == "phase"} == {
        "forward",
        "backward",
        "update",
    }


def test_further_graphs_have_ids_of_their_own(comparison: Comparison) -> None:
    tf.reset_default_graph()
    graph = bf.graph_of([tf.exp(tf.placeholder(tf.float32, [2], name="x"))])
    content = collect(dataclasses.replace(comparison, further=((graph, graph, 3),)))
    (further,) = content.further
    assert further.title == "evaluation, 3 runs"
    assert set(further.nodes) == {"g1.i0", "g1.n0", "g1.o0"}
    assert (content.graphs or ())[0].title == "training step"


def test_edges_join_what_is_drawn_and_have_types(comparison: Comparison) -> None:
    (graph,) = collect(comparison).graphs or ()
    for tail, head, type in graph.edges:
        assert tail in graph.nodes
        assert head in graph.nodes
        assert type in graph.nodes[tail].types


def test_regions_are_drawn_inside_their_owner(tmp_path: Path) -> None:
    tf.reset_default_graph()
    x = tf.placeholder(tf.float32, [5, 3], name="x")
    y = tf.scan(lambda a, row: tf.tanh(a + row), x)
    found = picture(bf.graph_of([y]), "static", tmp_path / "none.py")
    scan = next(node.id for node in found.nodes.values() if node.label == "scan")
    inner = [id for id in found.nodes if id.startswith(f"{scan}.")]
    assert {found.nodes[id].label for id in inner} >= {"add", "tanh"}
    assert found.boxes[scan].kind == "region"
    ends = {found.nodes[id].kind: found.nodes[id].detail for id in inner}
    assert ends["input"] in {("carry",), ("slice",)}
    assert ends["output"] in {("next carry",), ("stacked",)}


def test_the_page_has_a_colour_for_each_kind(comparison: Comparison) -> None:
    text = to_html(collect(comparison))
    for kind, fill in FILLS.items():
        assert f"--kind-{kind.value}: {fill};" in text


def test_the_page_asks_for_nothing(comparison: Comparison) -> None:
    text = to_html(collect(comparison))
    head = text.partition('<script type="application/json"')[0]
    for word in ("src=", "href=", "@import", "url(http", "//fonts"):
        assert word not in head
    assert "default-src &#x27;none&#x27;" in head


def test_content_is_plain_data(comparison: Comparison) -> None:
    content = collect(comparison)
    plain = json.loads(to_json(content))
    assert plain.keys() == {field.name for field in dataclasses.fields(content)}
    assert plain["keys"] == ["static", "imperative"]
    assert plain["timings"] is None  # nobody asked for them
    assert to_json(content) == to_json(collect(comparison))


def test_the_command_writes_a_page(tmp_path: Path) -> None:
    target = tmp_path / "new" / "page.html"
    command = [sys.executable, "-m", "bifront", "compare", str(PAIRS / "linear_regression")]
    done = subprocess.run(
        [*command, "--html", str(target)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "page:" in done.stdout
    assert "static.py" in target.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_command_refuses_other_names_before_it_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bifront", "compare", str(PAIRS / "linear_regression"), "--html", "x.pdf"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "end the name in .html" in done.stderr
