"""Whatever a program is called, and whatever it says, is text on its page."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from bifront.compiler.ir import Graph, State
from bifront.compiler.location import Location
from bifront.page import collect, to_html, to_json
from bifront.page.sources import highlighted

ATTACK = "</script><img src=x onerror=window.hit=1><script>window.hit=1</script>"
# In a file's name there is no slash.
NAMED = "<img src=x onerror=window.hit=1>"

SOURCE = f'''\
"""{ATTACK}"""
import bifront.imperative as torch
w = torch.ones(3, 2, requires_grad=True)  # {ATTACK}
optimizer = torch.optim.SGD([w], lr=0.1)
loss = torch.square(w).mean()
loss.backward()
optimizer.step()
print(loss.item(), "{ATTACK}", '\u2028 &lt;b&gt; \\x3c/script>')
'''


def attacking(graph: Graph) -> Graph:
    """The graph with an attack in every name that it has."""
    states = tuple(State(ATTACK, s.input, s.output) for s in graph.states)
    for value in (*graph.parameters, *graph.outputs):
        value.hint = ATTACK
    for node in graph.nodes:
        where = node.location
        if where is not None:
            node.location = Location.at(where.file, where.line, scope=f"{ATTACK}/b")
    return dataclasses.replace(graph, name=ATTACK, states=states, _cache={})


@pytest.fixture
def hostile(tmp_path: Path, compared, trained) -> Path:
    folder = tmp_path / NAMED
    folder.mkdir()
    script = folder / f"{NAMED}.py"
    script.write_text(SOURCE)
    graph = attacking(trained(script))
    found = compared(folder, graph, graph)
    sides = [
        dataclasses.replace(found.a, script=str(script), style=style)
        for style in (NAMED, f"{NAMED}2")
    ]
    target = tmp_path / "hostile.html"
    content = collect(dataclasses.replace(found, a=sides[0], b=sides[1]))
    target.write_text(to_html(content), encoding="utf-8")
    return target


def test_names_that_hold_markup_do_not_run(show, hostile: Path) -> None:
    page = show(hostile)
    assert page.title().startswith(NAMED)
    page.locator("#side-0 li.live").first.click()
    for element in page.locator(".canvas .node, .canvas .folded").all()[:4]:
        element.dispatch_event("pointerover")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    # It is there, as text.
    assert ATTACK in page.locator("#side-0 code").first.text_content()
    assert NAMED in page.locator("h1").inner_text()
    assert page.evaluate("Object.values(bifront.content.graphs[0].boxes).length") > 1


def test_the_policy_forbids_requests_and_other_scripts(browser, hostile: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    answered: list[str] = []
    page.goto(hostile.as_uri())
    page.on("requestfinished", lambda request: answered.append(request.url))
    refused = page.evaluate(
        """async () => {
            const heard = [];
            document.addEventListener("securitypolicyviolation", (e) => heard.push(e.effectiveDirective));
            await fetch("http://localhost:9/").catch(() => {});
            document.body.append(Object.assign(document.createElement("img"), { src: "http://localhost:9/x.png" }));
            document.body.append(Object.assign(document.createElement("script"), { textContent: "window.hit = 1" }));
            document.body.insertAdjacentHTML("beforeend", "<p onclick='window.hit = 1'>p</p>");
            document.body.lastElementChild.click();
            await new Promise((done) => setTimeout(done, 200));
            return heard;
        }"""
    )
    assert page.evaluate("window.hit") is None
    assert {"connect-src", "img-src", "script-src-elem", "script-src-attr"} <= set(refused)
    context.close()
    assert not [url for url in answered if url.startswith("http")]


@pytest.mark.parametrize("text", [ATTACK, "<!--<script>", "]]>", "a\u2028b\u2029c", "&lt;"])
def test_json_holds_no_markup(text: str) -> None:
    written = to_json({"name": text, text: [text]})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"name": text, text: [text]}


def test_sources_are_escaped_line_by_line() -> None:
    lines = highlighted(SOURCE)
    assert len(lines) == SOURCE.count("\n")
    assert "<img" not in "".join(lines)
    assert "<script" not in "".join(lines)
    # A string over several lines is whole spans on each of them.
    for line in highlighted('x = """a\nb\nc"""\n'):
        assert line.count("<span") == line.count("</span")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_words(number: float) -> None:
    assert json.loads(to_json({"x": number})) == {"x": str(number)}
