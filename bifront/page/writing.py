"""From content to JSON, and to one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from .content import Content
from .looks import colours
from .sources import styles

_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_FIELD = re.compile(r"\{\{(\w+)\}\}")


def to_json(content: object) -> str:
    """Content as JSON that can stand in a script element: no text in it can end the element or begin a comment."""
    text = json.dumps(_plain(content), separators=(",", ":"), allow_nan=False)
    return text.translate(_UNSAFE)


def to_html(content: Content) -> str:
    """The page as one file: style, scripts and content are in it, and its policy forbids every request."""
    here = resources.files(__package__)
    views = sorted((here / "views").iterdir(), key=lambda file: file.name)
    style = "\n".join([_text(here / "page.css"), colours(), styles(), *_with_suffix(views, ".css")])
    script = "\n".join([_text(here / "page.js"), *_with_suffix(views, ".js")])
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": html.escape(policy),
        "title": html.escape(f"{content.title}: bifront"),
        "style": style,
        "script": script,
        "content": to_json(content),
    }
    return _FIELD.sub(lambda m: parts[m[1]], _text(here / "page.html"))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    # JSON has no NaN and no infinity; a page says them in words.
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return str(value)
    return value


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _with_suffix(files: list[Traversable], suffix: str) -> list[str]:
    return [_text(file) for file in files if file.name.endswith(suffix)]


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
