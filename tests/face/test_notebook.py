"""What notebooks show: small, readable without colours of its own, and never markup of a program's."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.compiler.ir import Graph
from bifront.compiler.pipeline import explain

ATTACK = "</td><script>alert(1)</script>"


def graph_of(factor: float, name: str = "x") -> Graph:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        y = tf.reduce_sum(x * 1.0 * factor)
        made = bf.graph_of(y, [x])
    for value in made.inputs:
        value.hint = name
    return made


class Tags(HTMLParser):
    """The elements of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)


def test_a_difference_is_told_in_words_and_pictures() -> None:
    shown = bf.diff(graph_of(2.0), graph_of(3.0, ATTACK))._repr_mimebundle_()
    assert shown["text/plain"].startswith("the graphs are not the same")
    assert "<script" not in shown["text/html"]
    assert {*Tags(shown["text/html"]).found} <= {"pre", "img"}
    assert shown["text/plain"] in unescape(shown["text/html"])


def test_graphs_that_are_the_same_need_no_picture() -> None:
    shown = bf.diff(graph_of(2.0), graph_of(2.0))._repr_mimebundle_()["text/html"]
    assert "the graphs are the same" in shown
    assert "<img" not in shown


def test_an_explanation_is_tables() -> None:
    found = explain(graph_of(2.0, ATTACK))
    shown = found._repr_html_()
    assert {*Tags(shown).found} <= {"div", "table", "tr", "th", "td"}
    assert "simplify" in shown
    assert "rule that fired" in shown
    assert "common sub-expressions" in str(found)
    assert "common sub-expressions" in shown


def test_a_history_has_a_row_for_each_rewrite() -> None:
    history = explain(graph_of(2.0, ATTACK)).stages[0].history
    shown = history._repr_html_()
    assert Tags(shown).found.count("tr") == 1 + len(history.entries) > 1
    assert ATTACK not in shown
    assert ATTACK in unescape(shown)
    assert "test_notebook.py:" in shown


def test_long_histories_are_cut() -> None:
    history = explain(graph_of(2.0)).stages[0].history
    history.entries[:] = history.entries[:1] * 1234
    shown = history._repr_html_()
    assert "of 1,234 rewrites" in shown
    assert Tags(shown).found.count("tr") < 300


def static(x: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.exp(x))


def imperative(x: torch.Tensor) -> torch.Tensor:
    return torch.exp(x).mean()


@pytest.fixture(scope="module")
def compared():
    return bf.compare(static, imperative, np.ones((4, 3), np.float32))


def test_a_comparison_is_the_page_in_a_frame(compared) -> None:
    shown = compared._repr_mimebundle_()
    assert "The same graph" in shown["text/plain"]
    assert Tags(shown["text/html"]).found == ["iframe"]
    assert 'sandbox="allow-scripts"' in shown["text/html"]
    page = unescape(shown["text/html"].split('srcdoc="')[1].split('"')[0])
    assert page.startswith("<!doctype html>")
    assert "reduce_mean" in page
    assert 'id="stepper"' in page
