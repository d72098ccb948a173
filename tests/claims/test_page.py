"""The HTML file: whatever stands in a result is text, and nothing is fetched or run."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files

from bifront.claims import Claim, Criterion, Figure, Figures
from bifront.claims.html import page

HOSTILE = "<script>alert(1)</script>\"'&"
CLAIM = Claim(
    1, HOSTILE, HOSTILE, (Criterion(HOSTILE, lambda f: True),), lambda report: Figures(())
)
RESULT = CLAIM.judge(
    Figures(
        (
            Figure(HOSTILE, HOSTILE, ((HOSTILE, 2.0), ("static", None), ("imperative", 1.0))),
            Figure("a detail", "s", (("static", 0.5),), detail=True),
            Figure("nothing", "", (("static", 0.0),)),
        )
    )
)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in ("src", "style") for name, _ in attributes)
        assert all((v or "").startswith("#") for n, v in attributes if n == "href")
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def test_hostile_names_are_text() -> None:
    found = read(page([RESULT]))
    assert found.open == []
    assert "script" not in found.tags
    # The claim twice, the experiment, the criterion, the figure, the style; the unit stands behind the number.
    assert found.text.count(HOSTILE) >= 7


def test_the_policy_knows_the_style() -> None:
    text = page([RESULT])
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = re.search(r'Policy" content="([^"]*)"', text)
    assert style is not None
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in unescape(policy[1])
    assert "default-src 'none'" in unescape(policy[1])
    assert re.search(r"url\((?!#)", style[1]) is None
    assert "@import" not in style[1]


def test_bars_are_as_long_as_numbers() -> None:
    text = page([RESULT])
    assert re.findall(r'<rect class="[^"]*" width="([\d.]+)"', text) == [
        "100.00", "0.00", "50.00", "0.00", "100.00",
    ]  # fmt: skip
    assert "500.0 ms" in text
    assert "<details>" in text


def test_what_the_pages_share_is_meant() -> None:
    shared = files("bifront.page").joinpath("page.css").read_text(encoding="utf-8")
    own = set(re.findall(r'class="([a-z]+)', page([RESULT]))) - {
        "panel",
        "quiet",
        "style",
        "number",
    }
    assert {"extent", "outcome", "plots", "bars"} <= own
    assert not [name for name in own if re.search(rf"\.{name}\b", shared)]
