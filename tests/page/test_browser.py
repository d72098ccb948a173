"""The page as a person uses it: pointing, pinning, folding, moving, the keyboard, both themes, two widths."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import bifront as bf
from bifront.compiler.location import Location
from bifront.page import collect, to_html


def line(page, side: int, text: str):
    """The line of a source that holds a text."""
    return page.locator(f"#side-{side} li", has_text=text).first


def lit_lines(page, side: int) -> list[str]:
    return [text.strip() for text in page.locator(f"#side-{side} li.lit code").all_text_contents()]


def lit_labels(page) -> set[str]:
    return set(page.locator(".canvas .node.lit .label").all_text_contents())


def node(page, label: str):
    return page.locator(".canvas .node", has=page.locator(f"text.label:text-is('{label}')")).first


def view(page) -> dict[str, float]:
    page.wait_for_timeout(60)
    return page.evaluate("bifront.ready.graph.view()")


def test_a_line_lights_up_its_nodes_and_the_other_styles_lines(show, page_file: Path) -> None:
    page = show(page_file)
    line(page, 0, "tf.tanh").hover()
    # The gradient's nodes stand on the line of what they are the gradient of.
    assert {"matmul", "tanh"} < lit_labels(page)
    assert len(page.locator(".canvas .node.lit").all()) > 2
    assert lit_lines(page, 1) == ["hidden = torch.tanh(x @ w)"]
    page.mouse.move(5, 5)
    assert not lit_labels(page)
    assert not lit_lines(page, 1)


def test_a_node_lights_up_both_lines(show, page_file: Path) -> None:
    page = show(page_file)
    node(page, "tanh").hover()
    assert lit_lines(page, 0) == ["hidden = tf.tanh(tf.matmul(x, w))"]
    assert lit_lines(page, 1) == ["hidden = torch.tanh(x @ w)"]
    assert "tanh(" in page.locator(".detail").inner_text()
    assert "static.py:7" in page.locator(".detail").inner_text()


def test_a_click_keeps_what_is_lit_and_escape_lets_go(show, page_file: Path) -> None:
    page = show(page_file)
    line(page, 1, "torch.tanh").click()
    page.mouse.move(5, 5)
    assert lit_lines(page, 0) == ["hidden = tf.tanh(tf.matmul(x, w))"]
    line(page, 0, "reduce_mean").hover()  # pointing elsewhere shows that for as long
    assert "hidden = torch.tanh(x @ w)" not in lit_lines(page, 1)
    page.mouse.move(5, 5)
    assert lit_lines(page, 1) == ["hidden = torch.tanh(x @ w)"]
    page.keyboard.press("Escape")
    assert not lit_lines(page, 1)


def test_boxes_fold_and_unfold_in_place(show, page_file: Path) -> None:
    page = show(page_file)
    assert node(page, "tanh").count()
    page.locator(".canvas .frame.phase [aria-label='fold forward']").click()
    page.wait_for_selector(".canvas .folded [aria-label='unfold forward']")
    assert not node(page, "tanh").count()
    line(page, 0, "tf.tanh").hover()
    assert page.locator(".canvas .folded.lit").count() == 1
    page.locator(".canvas [aria-label='unfold forward']").click()
    page.wait_for_selector(".canvas .frame.phase [aria-label='fold forward']")
    assert node(page, "tanh").count()


def test_folding_all_and_unfolding_all(show, page_file: Path) -> None:
    page = show(page_file)
    everything = page.locator(".canvas .node").count()
    page.get_by_role("button", name="fold all", exact=True).click()
    page.get_by_role("button", name="unfold all").click()
    page.get_by_role("button", name="show all of it").click()
    page.wait_for_timeout(100)
    assert page.locator(".canvas .node").count() >= everything


def test_zoom_and_pan(show, page_file: Path) -> None:
    page = show(page_file)
    box = page.locator(".canvas").bounding_box()
    x, y = box["x"] + box["width"] - 20, box["y"] + box["height"] - 20
    before = view(page)
    page.mouse.move(x, y)
    page.mouse.wheel(0, 300)
    smaller = view(page)
    assert smaller["scale"] < before["scale"]
    page.locator(".canvas").focus()
    page.keyboard.press("+")
    assert view(page)["scale"] == pytest.approx(smaller["scale"] * 1.3)
    page.keyboard.press("-")
    before = view(page)
    page.mouse.down()
    page.mouse.move(x - 70, y - 30, steps=4)
    page.mouse.up()
    after = view(page)
    assert (after["x"], after["y"]) == pytest.approx((before["x"] - 70, before["y"] - 30))
    page.keyboard.press("ArrowDown")
    assert view(page)["y"] == pytest.approx(after["y"] - 60)
    page.keyboard.press("0")
    fitted = view(page)
    root = page.evaluate("[document.querySelector('.canvas .plane').getBBox().height]")[0]
    assert root * fitted["scale"] <= box["height"] + 1


def test_what_is_not_in_view_is_brought_there(show, page_file: Path) -> None:
    page = show(page_file)
    page.locator(".canvas").focus()
    for _ in range(20):
        page.keyboard.press("ArrowUp")  # to where the graph has left the view
    line(page, 0, "tf.tanh").hover()
    page.wait_for_selector(".canvas .node.lit")
    box = page.locator(".canvas").bounding_box()
    spots = [one.bounding_box() for one in page.locator(".canvas .node.lit").all()]
    assert any(
        box["x"] <= s["x"] <= box["x"] + box["width"]
        and box["y"] <= s["y"] <= box["y"] + box["height"]
        for s in spots
    )


def test_the_keyboard_reaches_everything(show, page_file: Path) -> None:
    page = show(page_file)
    page.locator("#side-0 li.live").first.focus()
    first = page.evaluate("document.activeElement.dataset.line")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.dataset.line")
    assert int(second) > int(first)
    assert page.locator(f"#side-0 li.lit[data-line='{second}']").count() == 1
    page.keyboard.press("Enter")
    page.locator(".canvas").focus()
    assert page.locator(f"#side-0 li.lit[data-line='{second}']").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+ArrowDown")
    start = page.locator(".canvas .cursor").get_attribute("data-id")
    page.keyboard.press("Shift+ArrowDown")
    assert page.locator(".canvas .cursor").get_attribute("data-id") != start
    assert page.locator(".canvas .lit").count()


def test_the_keys_are_listed(show, page_file: Path) -> None:
    page = show(page_file)
    page.keyboard.press("?")
    dialog = page.locator("dialog.keys")
    assert dialog.is_visible()
    assert "zoom in" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_focus_is_seen_and_things_have_names(show, page_file: Path) -> None:
    page = show(page_file)
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, select, [role=button], [tabindex]')]
        .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim())).length"""
    )
    assert nameless == 0
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_a_narrow_page_has_tabs_and_no_overflow(show, page_file: Path) -> None:
    page = show(page_file, width=400)
    for number in (1, 2, 3):
        page.locator(f".tabs button:nth-child({number})").click()
        page.wait_for_timeout(50)
        assert page.locator(".bench > .panel:visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        # Nothing is cut off either: every panel and button ends within the page.
        assert page.evaluate(
            """[...document.querySelectorAll('.panel, button, .top, .legend')]
            .every((e) => e.getBoundingClientRect().right <= 400)"""
        )
    assert page.locator("#side-1").is_visible()


def test_three_columns_on_a_wide_page(show, page_file: Path) -> None:
    page = show(page_file)
    boxes = [page.locator(name).bounding_box() for name in ("#side-0", "#graph", "#side-1")]
    assert boxes[0]["y"] == boxes[1]["y"] == boxes[2]["y"]
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_and_a_switch(show, page_file: Path, scheme: str) -> None:
    page = show(page_file, scheme=scheme)

    def brightness() -> int:
        found = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(word) for word in found[4:-1].split(",")) // 3

    assert (brightness() > 128) == (scheme == "light")
    page.get_by_role("button", name="theme").click()
    assert (brightness() > 128) == (scheme == "dark")


def test_a_click_goes_to_the_graph_that_a_line_belongs_to(
    show, pair: Path, comparison, tmp_path: Path
) -> None:
    scripts = [tmp_path / "static.py", tmp_path / "imperative.py"]
    for script in scripts:
        script.write_text((pair / script.name).read_text() + "later = 1\n")
    lines = [script.read_text().count("\n") for script in scripts]
    graphs = []
    for script, number in zip(scripts, lines, strict=True):
        x = bf.parse("graph @g(%x: f32[2]) {\n  %y: f32[2] = exp(%x)\n  return %y\n}")
        x.nodes[0].location = Location.at(str(script), number)
        graphs.append(x)
    sides = [
        dataclasses.replace(side, script=str(script))
        for side, script in zip((comparison.a, comparison.b), scripts, strict=True)
    ]
    further = ((graphs[0], graphs[1], 2),)
    found = dataclasses.replace(comparison, a=sides[0], b=sides[1], further=further)
    target = tmp_path / "page.html"
    target.write_text(to_html(collect(found)), encoding="utf-8")
    page = show(target)
    line(page, 0, "later").hover()
    assert "evaluation, 2 runs" in page.locator(".detail").inner_text()
    line(page, 0, "later").click()
    node(page, "exp").wait_for()
    assert lit_labels(page) == {"exp"}
    assert lit_lines(page, 1) == ["later = 1"]
    assert page.locator(".bar select").input_value() == "1"


def test_programs_without_a_common_graph_have_a_page(show, comparison, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    found = dataclasses.replace(comparison, graph=None, other=None, max_abs_difference=None)
    target.write_text(to_html(collect(found)), encoding="utf-8")
    page = show(target, ready="#side-1 li")
    assert not page.locator("#graph").is_visible()
    assert page.locator(".tabs button").count() == 2
    wide = [page.locator(name).bounding_box()["width"] for name in ("#side-0", "#side-1")]
    assert wide[0] == wide[1] > 500


def test_a_stage_is_shown_and_left_again(show, page_file: Path) -> None:
    page = show(page_file)
    page.evaluate("bifront.ready.stage({ name: 'simplify', nodes: ['n0'] })")
    assert page.locator(".stage").inner_text() == "simplify"
    assert page.locator(".canvas .touched").get_attribute("data-id") == "n0"
    page.evaluate(
        """() => {
          const [graph] = bifront.content.graphs;
          const { n0 } = graph.nodes;
          const root = { ...graph.boxes.root, rows: [["n0"]] };
          bifront.ready.stage({ name: "later", graph: { ...graph, nodes: { n0 }, edges: [], boxes: { root } } });
        }"""
    )
    page.wait_for_timeout(100)
    assert page.locator(".canvas .node").count() == 1
    page.evaluate("bifront.ready.stage(null)")
    node(page, "tanh").wait_for()
    assert not page.locator(".stage").is_visible()


def test_an_edge_says_what_flows(show, page_file: Path) -> None:
    page = show(page_file)
    page.locator(".canvas [data-edge='n0>n1']").dispatch_event("pointerover")
    assert "f32[4, 2]" in page.locator(".detail").inner_text()
    assert "matmul → tanh" in page.locator(".detail").inner_text()
    assert lit_labels(page) == {"matmul", "tanh"}


def test_graphs_that_differ_are_both_shown(
    show, pair: Path, compared, trained, tmp_path: Path
) -> None:
    other = tmp_path / "imperative.py"
    other.write_text((pair / "imperative.py").read_text().replace("tanh", "sigmoid"))
    comparison = compared(pair, trained(pair / "static.py"), trained(other))
    figures = dataclasses.replace(comparison.b, script=str(other))
    target = tmp_path / "differ.html"
    target.write_text(to_html(collect(dataclasses.replace(comparison, b=figures))))
    page = show(target)
    assert "Not the same graph" in page.locator(".verdict").inner_text()
    assert node(page, "tanh").get_attribute("class").count("relation-") == 1
    page.locator(".bar select").select_option("1")
    node(page, "sigmoid").wait_for()
    assert not node(page, "tanh").count()
    # What is the same in both still ties the lines together.
    node(page, "matmul").hover()
    assert lit_lines(page, 0) == ["hidden = tf.tanh(tf.matmul(x, w))"]
    assert lit_lines(page, 1) == ["hidden = torch.sigmoid(x @ w)"]
