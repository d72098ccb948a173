"""Scripts as a page shows them: highlighted, line by line."""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

LIGHT, DARK = "friendly", "github-dark"


def highlighted(source: str) -> tuple[str, ...]:
    """The lines of a Python source as HTML; whatever the source holds is escaped, and spans have classes only."""
    # Python's own idea of lines, as locations count them; str.splitlines knows more kinds of line ends.
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    lexer = PythonLexer(stripnl=False, ensurenl=True)
    marked = highlight(text, lexer, HtmlFormatter(nowrap=True))
    return tuple(marked.removesuffix("\n").split("\n"))


def styles() -> str:
    """The highlighter's CSS: one style for the light page and one for the dark."""
    rules = []
    for theme, style in (("light", LIGHT), ("dark", DARK)):
        formatter = HtmlFormatter(style=style)
        rules += [
            rule
            for rule in formatter.get_style_defs(f"[data-theme={theme}] .code").splitlines()
            if ".code {" not in rule and rule.startswith("[data-theme")
        ]
    return "\n".join(rules)
