"""The panels as a person uses them: slider, stepper, flame pictures, memory, figures, by mouse and by keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bifront as bf
import bifront.imperative as torch
import bifront.static as tf
from bifront.comparison.detail import Detail, Timings
from bifront.page import collect, to_html
from bifront.runtime.profiling.analysis import Slice

ATTACK = "</script><img src=x onerror=window.hit=1><script>window.hit=1</script>"


def written(x):
    scaled = tf.exp(x * 1.0)
    return tf.reduce_mean(tf.log(scaled - 1.0))


def said(x):
    scaled = torch.exp(x * 1.0)
    return torch.log(scaled - 1.0).mean()


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def write(comparison, name: str) -> Path:
        target = tmp_path_factory.mktemp("panels") / f"{name}.html"
        target.write_text(to_html(collect(comparison)), encoding="utf-8")
        return target

    return write


@pytest.fixture(scope="module")
def compared():
    return bf.compare(written, said, np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3))


@pytest.fixture(scope="module")
def file(compared, page_of) -> Path:
    return page_of(compared, "panels")


def labels(page) -> set[str]:
    return set(page.locator(".canvas .node .label").all_text_contents())


def lit(page, side: int) -> list[str]:
    return [text.strip() for text in page.locator(f"#side-{side} li.lit code").all_text_contents()]


def slide(page, name: str, value: int) -> None:
    page.get_by_role("slider", name=name).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )
    page.wait_for_timeout(80)


# Passes.


def test_the_slider_shows_each_stage_in_the_graph(show, file: Path) -> None:
    page = show(file)
    assert "mul" in labels(page)
    assert page.locator("p.stage").is_hidden()
    slide(page, "stage of the passes", 1)
    assert "mul" not in labels(page)
    assert "exp" in labels(page)
    assert "after simplify, stage 1" in page.locator("p.stage").inner_text()
    slide(page, "stage of the passes", 0)
    assert "mul" in labels(page)
    assert page.locator("p.stage").is_hidden()


def test_each_rule_tells_what_it_changed(show, file: Path) -> None:
    page = show(file)
    page.keyboard.press("]")
    entry = page.locator(".entries li").first
    assert "x * 1 -> x" in entry.inner_text()
    assert "mul(" in entry.locator(".before").inner_text()
    assert page.locator(".stages tr[aria-current=true] th").inner_text() == "simplify"
    entry.hover()
    shown = page.locator("#side-0 li.lit code, #side-0 li.marked code").all_text_contents()
    assert [text.strip() for text in shown] == ["scaled = tf.exp(x * 1.0)"]
    page.keyboard.press("[")
    assert page.locator(".entries li").count() == 0


def test_stages_and_rules_can_be_chosen(show, file: Path) -> None:
    page = show(file)
    page.locator(".stages button", has_text="dce").click()
    assert page.locator(".stages tr[aria-current=true] th").inner_text() == "dce"
    page.locator(".stages button", has_text="simplify").click()
    everything = page.locator(".entries li").count()
    chip = page.locator(".chips button").first
    chip.click()
    assert page.locator(".chips button[aria-pressed=true]").count() == 1
    assert 1 <= page.locator(".entries li").count() <= everything


def test_lines_light_up_what_a_stage_left(show, file: Path) -> None:
    page = show(file)
    page.keyboard.press("]")
    page.wait_for_timeout(80)
    page.locator("#side-1 li", has_text="torch.exp").hover()
    assert page.locator(".canvas .node.lit .label").all_text_contents() == ["exp"]
    assert lit(page, 0) == ["scaled = tf.exp(x * 1.0)"]


def test_two_graphs_have_their_own_stages(show, page_of) -> None:
    found = bf.compare(lambda x: tf.exp(x) * 1.0, lambda x: torch.sin(x) * 1.0, np.ones((2, 2)))
    page = show(page_of(found, "two"))
    page.get_by_role("combobox", name="the passes of which graph").select_option("1")
    page.keyboard.press("]")
    page.wait_for_timeout(80)
    assert {"sin"} <= labels(page)
    assert "mul" not in labels(page)
    page.get_by_role("combobox", name="the run of which program").select_option("1")
    page.keyboard.press("n")
    assert page.locator(".computed strong").inner_text() in ("sin", "mul")


# The stepper.


def test_steps_go_forward_and_back_by_keys_and_buttons(show, file: Path) -> None:
    page = show(file)
    place = page.locator(".place")
    assert place.inner_text().startswith("step 1 of")
    page.keyboard.press("n")
    page.get_by_role("button", name="the next step").click()
    assert place.inner_text().startswith("step 3 of")
    page.keyboard.press("p")
    assert place.inner_text().startswith("step 2 of")
    page.get_by_role("button", name="the last step").click()
    count = int(place.inner_text().split()[-1])
    assert place.inner_text() == f"step {count} of {count}"
    page.keyboard.press("n")
    assert place.inner_text() == f"step {count} of {count}"
    page.get_by_role("button", name="the first step").click()
    assert place.inner_text() == f"step 1 of {count}"


def test_a_step_shows_its_values_and_lights_its_lines(show, file: Path) -> None:
    page = show(file)
    while page.locator(".computed strong").inner_text() != "exp":
        page.keyboard.press("n")
    assert lit(page, 0) == ["scaled = tf.exp(x * 1.0)"]
    assert lit(page, 1) == ["scaled = torch.exp(x * 1.0)"]
    figures = page.locator(".results dl").inner_text().split()
    assert figures[figures.index("min") + 1] == "0.3679"
    assert figures[figures.index("max") + 1] == "2.718"
    assert figures[figures.index("elements") + 1] == "6"
    assert page.locator(".histogram rect").count() == 32
    page.locator(".operands button").first.click()
    assert page.locator(".computed strong").inner_text() == "mul"


def test_numbers_that_are_all_one_need_no_histogram(show, page_of) -> None:
    found = bf.compare(lambda x: x * 2.0, lambda x: x * 2.0, np.ones((2, 3)))
    page = show(page_of(found, "ones"))
    assert page.locator(".histogram").count() == 0
    assert "every number is 1" in page.locator(".results").inner_text()
    page.keyboard.press("n")
    assert "every number is 2" in page.locator(".results").inner_text()


def test_a_run_of_one_of_two_graphs_says_whose_it_is(show, page_of) -> None:
    found = bf.compare(lambda x: tf.exp(x), lambda x: torch.sin(x), np.ones((2, 2)))
    lost = dataclasses.replace(found, details=(found.details[0], Detail()))
    page = show(page_of(lost, "lost"))
    assert "of static" in page.locator("#stepper .head").inner_text()


def test_what_is_not_finite_is_found(show, file: Path) -> None:
    page = show(file)
    warning = page.locator(".warn")
    assert "NaN or infinity first in step" in warning.inner_text()
    warning.click()
    assert page.locator(".computed strong").inner_text() == "log"
    assert "NaN" in page.locator(".results .bad").first.inner_text()
    assert page.locator(".strip .bad").count() >= 1
    assert page.locator(".strip .bad.now").count() == 1


def test_a_node_that_is_pinned_shows_its_values(show, file: Path) -> None:
    page = show(file)
    node = page.locator(".canvas .node", has=page.locator("text.label:text-is('log')")).first
    node.click()
    assert page.locator(".computed strong").inner_text() == "log"


def test_a_loop_shows_its_iterations(show, page_of) -> None:
    def looped(x):
        return tf.while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, v * 2.0), [0, x])[1]

    found = bf.compare(looped, lambda x: x * 32.0, np.array([1, -1], np.float32))
    page = show(page_of(found, "loop"))
    for _ in range(20):
        if page.locator(".iterations").count():
            break
        page.keyboard.press("n")
    assert page.locator(".iterations .mean").count() == 1
    assert "iterations" in page.locator(".computed").inner_text()


# Times, memory, figures.


def test_boxes_of_a_flame_light_lines_and_zoom(show, file: Path) -> None:
    page = show(file)
    flames = page.locator(".flame")
    assert flames.count() == 2
    line = flames.nth(0).locator(".part", has=page.locator("text=tf.log")).first
    line.hover()
    assert lit(page, 1) == ["return torch.log(scaled - 1.0).mean()"]
    before = line.bounding_box()["width"]
    line.click()
    top = flames.nth(0).locator(".part").first
    assert top.bounding_box()["width"] > before
    assert "%" in page.locator(".timing .about").first.inner_text()
    page.get_by_role("button", name="All", exact=True).click()
    assert flames.nth(0).locator(".part").first.get_attribute("aria-label").startswith("all that")


def test_a_flame_is_walked_with_keys(show, file: Path) -> None:
    page = show(file)
    page.locator(".flame").first.locator(".part").first.focus()
    page.keyboard.press("ArrowDown")
    focused = "document.activeElement.getAttribute('aria-label')"
    first = page.evaluate(focused)
    assert "test_panel_views.py" in first
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) != first
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="All", exact=True).count() == 1
    page.keyboard.press("Backspace")
    assert page.evaluate(focused).startswith("all that was timed")


def test_lines_that_took_most_stand_in_a_table(show, file: Path) -> None:
    page = show(file)
    page.locator(".timing summary").first.click()
    row = page.locator(".times tbody tr", has_text="tf.exp").first
    assert "test_panel_views.py:" in row.inner_text()


def test_memory_is_told_step_by_step(show, file: Path) -> None:
    page = show(file)
    plan = page.locator(".plan").first
    assert "at the worst moment" in plan.inner_text()
    picture = plan.locator(".alive")
    picture.focus()
    page.keyboard.press("Home")
    assert plan.locator(".about").inner_text().startswith("step 1:")
    page.keyboard.press("ArrowRight")
    assert plan.locator(".about").inner_text().startswith("step 2:")
    assert picture.get_attribute("aria-valuenow") == "2"
    box = picture.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + 40)
    steps = picture.get_attribute("aria-valuemax")
    assert plan.locator(".about").inner_text().startswith(f"step {steps}:")


def test_figures_stand_side_by_side(show, compared, file: Path) -> None:
    page = show(file)
    figure = page.locator(".figures figure", has_text="logical lines")
    assert [text.split()[-1] for text in figure.locator("tr").all_inner_texts()] == [
        str(compared.a.lines),
        str(compared.b.lines),
    ]
    widths = [f.bounding_box()["width"] for f in figure.locator(".filled").all()]
    assert widths[0] == pytest.approx(widths[1], abs=1)  # both have three lines


# All of them.


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_panels_fit_into_any_page(show, file: Path, width: int, scheme: str) -> None:
    page = show(file, width=width, scheme=scheme)
    page.keyboard.press("]")
    page.keyboard.press("n")
    page.locator(".timing summary").first.click()
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for panel in page.locator("main > .panel:not([hidden])").all():
        assert panel.bounding_box()["width"] <= width
    for text in page.locator(".told, .place, .facts, figcaption strong").all()[:6]:
        ink, paper = text.evaluate(
            "(e) => [getComputedStyle(e).color, getComputedStyle(e.closest('.panel')).backgroundColor]"
        )
        assert ink != paper


def test_keys_are_listed(show, file: Path) -> None:
    page = show(file)
    page.keyboard.press("?")
    listed = page.locator("dialog").inner_text()
    for words in ("the next pass", "the pass before", "the next step of the run"):
        assert words in listed


def test_markup_in_names_is_text(show, page_of, compared) -> None:
    a, b = compared.details
    slices = (Slice(ATTACK, 3, ATTACK, ATTACK, ATTACK, 2e9, True),)
    details = (
        dataclasses.replace(a, timings=Timings(3e9, slices)),
        dataclasses.replace(b, timings=Timings(3e9, slices)),
    )
    for graph in (compared.graph, compared.other):
        for value in (*graph.parameters, *(v for n in graph.nodes for v in n.outputs)):
            value.hint = ATTACK
    page = show(page_of(dataclasses.replace(compared, details=details), "hostile"))
    page.keyboard.press("]")
    page.keyboard.press("n")
    for element in page.locator(".part, .entries li, .times tr").all():
        element.dispatch_event("pointerenter")
    page.wait_for_timeout(100)
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0
    assert ATTACK in page.locator(".times").first.text_content()


def test_a_page_in_a_notebook_works_in_its_frame(browser, compared, tmp_path: Path) -> None:
    cell = tmp_path / "cell.html"
    cell.write_text(f"<body>{compared._repr_mimebundle_()['text/html']}</body>", encoding="utf-8")
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    errors = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(cell.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator(".canvas .node").first.wait_for()
    frame.get_by_role("button", name="the next stage").click()
    frame.get_by_role("button", name="the next step").click()
    assert frame.locator(".place").inner_text().startswith("step 2 of")
    context.close()
    assert not errors
