"""Results as one HTML file that needs nothing else: no script, no request."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from .claim import Figure, Result, Verdict
from .report import number

_LOOKS: dict[Verdict, str] = {"holds": "yes", "holds in part": "part", "does not hold": "no"}


def page(results: Sequence[Result]) -> str:
    """The file's text. Everything that comes out of a result is escaped, and the file's policy forbids scripts."""
    style = f"\n{_style()}"
    policy = f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    verdicts = "\n".join(
        f'<li value="{r.number}"><a href="#claim-{r.number}">{escape(r.claim)}</a> {_chip(r.verdict)}</li>'
        for r in results
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What is said of the two styles, measured</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>What is said of the two styles, measured</h1>
<ol class="verdicts">
{verdicts}
</ol>
</header>
<main>
{"".join(map(_section, results))}</main>
</body>
</html>
"""


def _style() -> str:
    """The style of a comparison's page, dark where the reader's machine is, and what only this page has."""
    shared = files("bifront.page").joinpath("page.css").read_text(encoding="utf-8")
    dark = re.search(r'\[data-theme="dark"\] \{(.*?)\}', shared, re.DOTALL)
    assert dark is not None
    own = files("bifront.claims").joinpath("claims.css").read_text(encoding="utf-8")
    return f"{shared}@media (prefers-color-scheme: dark) {{ :root {{{dark[1]}}} }}\n{own}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _chip(verdict: Verdict) -> str:
    return f'<strong class="outcome {_LOOKS[verdict]}">{escape(verdict)}</strong>'


def _section(result: Result) -> str:
    shown = [f for f in result.figures.all if not f.detail]
    more = [f for f in result.figures.all if f.detail]
    criteria = "\n".join(
        f'<li class="{"met" if c.met else "unmet"}">'
        f"<b>{'yes' if c.met else 'no'}</b> {escape(c.sentence)}</li>"
        for c in result.criteria
    )
    details = (
        f"<details><summary>{len(more)} figures more</summary>{_plots(more)}</details>\n"
        if more
        else ""
    )
    return f"""<section class="panel" id="claim-{result.number}">
<h2>{result.number}. {escape(result.claim)} {_chip(result.verdict)}</h2>
<p>{escape(result.experiment)}</p>
{_plots(shown)}
<p class="quiet">{escape(result.rule)}</p>
<ul class="criteria">
{criteria}
</ul>
{details}</section>
"""


def _plots(figures: Sequence[Figure]) -> str:
    return f'<div class="plots">{"".join(map(_plot, figures))}</div>'


def _plot(figure: Figure) -> str:
    """A bar for each style; the longest is that of the largest number."""
    largest = max((v for _, v in figure.values if v is not None), default=0.0)
    rows = "".join(
        f'<span class="style">{escape(style)}</span>{_bar(style, value, largest)}'
        f'<span class="number">{escape(number(figure, value))}</span>'
        for style, value in figure.values
    )
    return f'<figure><figcaption>{escape(figure.name)}</figcaption><div class="bars">{rows}</div></figure>'


def _bar(style: str, value: float | None, largest: float) -> str:
    length = 100 * max(value or 0.0, 0.0) / largest if largest > 0 else 0.0
    return (
        '<svg class="extent" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="of-{escape(style, quote=True)}" width="{length:.2f}" height="10"/></svg>'
    )
