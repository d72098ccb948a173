"""A graph of 5,000 nodes opens and moves smoothly."""

from __future__ import annotations

from pathlib import Path

import pytest

import bifront as bf
import bifront.static as tf
from bifront.page import collect, to_html

LAYERS = 1000
FRAME = 200
"""Milliseconds."""

PANNING = """
(steps) => new Promise((done) => {
  const times = [];
  let last = performance.now();
  function frame() {
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (times.length > steps) return done(times.slice(1));
    bifront.ready.graph.pan(times.length % 2 ? 40 : -40, -60);
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
})
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, compared) -> Path:
    folder = tmp_path_factory.mktemp("large")
    for name in ("static.py", "imperative.py"):
        (folder / name).write_text("pass\n" * 40)
    tf.reset_default_graph()
    h = tf.placeholder(tf.float32, [4, 3], name="x")
    for layer in range(LAYERS):
        with tf.name_scope(f"layer_{layer}"):
            h = tf.tanh(tf.square(h * 0.5 + 1.0)) - h
    graph = bf.graph_of([tf.reduce_sum(h)])
    assert len([node for node in graph.nodes if node.inputs]) > 5 * LAYERS
    target = folder / "large.html"
    target.write_text(to_html(collect(compared(folder, graph, graph))), encoding="utf-8")
    return target


def frames(page) -> float:
    """The longest frame of a pan, of the calmest of three: other programs share the machine."""
    return min(max(page.evaluate(PANNING, 30)) for _ in range(3))


def test_layers_fold_into_one_stack(show, large: Path) -> None:
    page = show(large)
    assert f"×{LAYERS}" in page.locator(".canvas .folded.stack .label").first.text_content()
    assert page.locator(".canvas *").count() < 100
    assert frames(page) < FRAME


def test_all_of_it_unfolded_moves_smoothly(show, large: Path) -> None:
    page = show(large)
    page.get_by_role("button", name="unfold all").click()
    page.wait_for_timeout(200)
    assert page.locator(".canvas .node").count() > 5
    assert page.locator(".canvas *").count() < 5000  # what is out of view is not there
    assert frames(page) < FRAME
    page.get_by_role("button", name="show all of it").click()
    page.wait_for_timeout(200)
    assert page.locator(".canvas *").count() < 10_000
    assert frames(page) < FRAME
