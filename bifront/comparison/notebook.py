"""What a notebook shows of a comparison: the page, inline."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .comparison import Comparison

HEIGHT = 860
"""Of the frame, in pixels."""


def mimebundle(comparison: Comparison) -> dict[str, str]:
    """The comparison as text, and as the page in a frame of its own, which may run nothing but the page's scripts."""
    from ..page import collect, to_html

    page = escape(to_html(collect(comparison)), quote=True)
    frame = (
        f'<iframe title="comparison" sandbox="allow-scripts" srcdoc="{page}" '
        f'style="width: 100%; height: {HEIGHT}px; border: 0; border-radius: 8px"></iframe>'
    )
    return {"text/plain": str(comparison), "text/html": frame}
