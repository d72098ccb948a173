"""Pages in a real browser: Debian's Chromium, or what CHROMIUM names. Without one, these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bifront.comparison.comparison import Comparison, StyleFigures
from bifront.comparison.observing import capture_script
from bifront.compiler.ir import Graph
from bifront.page import collect, to_html

STATIC = '''\
"""A small network."""
import numpy as np
import bifront.static as tf

x = tf.placeholder(tf.float32, [4, 3], name="x")
w = tf.Variable(tf.ones([3, 2]), name="w")
hidden = tf.tanh(tf.matmul(x, w))
loss = tf.reduce_mean(tf.square(hidden))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    print(session.run([loss, train], {x: np.ones((4, 3), np.float32)})[0])
'''

IMPERATIVE = '''\
"""A small network."""
import numpy as np
import bifront.imperative as torch

w = torch.ones(3, 2, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)

x = torch.from_numpy(np.ones((4, 3), np.float32))
hidden = torch.tanh(x @ w)
loss = torch.square(hidden).mean()
optimizer.zero_grad()
loss.backward()
optimizer.step()
print(loss.item())
'''

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def trained() -> Callable[[Path], Graph]:
    """The graph of the training step that a script runs."""

    def run(script: Path) -> Graph:
        runs, _ = capture_script(script)
        return next(
            r.graph for r in runs if not r.initializes and any(s.changes for s in r.graph.states)
        )

    return run


@pytest.fixture(scope="session")
def compared(trained: Callable[[Path], Graph]) -> Callable[..., Comparison]:
    """A comparison of two scripts as far as a page shows it, without the two processes that time it."""

    def hold(folder: Path, *graphs: Graph) -> Comparison:
        scripts = folder / "static.py", folder / "imperative.py"
        first, second = graphs or (trained(scripts[0]), trained(scripts[1]))
        figures = [
            StyleFigures(str(script), script.stem, 1, 1, 1, 1, 0.1, 0.1, 0.1, 1.0, "")
            for script in scripts
        ]
        same = first.fingerprint() == second.fingerprint()
        return Comparison(*figures, (), (), same, False, 0.0, 1, None, first, second)

    return hold


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small network in both styles."""
    folder = tmp_path_factory.mktemp("pages") / "small"
    folder.mkdir()
    (folder / "static.py").write_text(STATIC)
    (folder / "imperative.py").write_text(IMPERATIVE)
    return folder


@pytest.fixture(scope="session")
def comparison(pair: Path, compared: Callable[..., Comparison]) -> Comparison:
    return compared(pair)


@pytest.fixture(scope="session")
def page_file(pair: Path, comparison: Comparison) -> Path:
    """The page of the small network."""
    target = pair / "page.html"
    target.write_text(to_html(collect(comparison)), encoding="utf-8")
    return target


def _browser() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = _browser()
    if program is None:
        pytest.skip("no Chromium is installed (CHROMIUM names one)")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser):
    """Open a page from its file; at the end it must have logged no error and asked for nothing but itself."""
    contexts, errors, requests = [], [], []

    def opened(
        file: Path, width: int = 1280, height: int = 800, scheme: str = "light",
        ready: str = ".canvas [data-id]",
    ):  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector(ready, state="attached")
        requests.remove(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors
    assert not requests
