"""`bifront compare --html`: a comparison as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..compiler.errors import BifrontError

if TYPE_CHECKING:
    from ..comparison import Comparison

SUFFIXES = (".html", ".htm")


def check_target(target: Path) -> None:
    """Refuse, before anything runs, what is no name for a page.

    Raises:
        BifrontError: the name ends in something else than ``.html``.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise BifrontError(f"{target.name!r} is no name for a page", hint="end the name in .html")


def write_page(comparison: Comparison, target: Path, console: Console) -> None:
    """Write the page of a comparison and say where it is.

    Raises:
        BifrontError: the file cannot be written.
    """
    from ..page import collect, to_html

    text = to_html(collect(comparison))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BifrontError(f"{target} cannot be written: {error.strerror}") from None
    console.print(f"page: {target}", markup=False, highlight=False, soft_wrap=True)
