"""A comparison as one self-contained HTML page."""

from .content import Content, collect
from .writing import to_html, to_json

__all__ = ["Content", "collect", "to_html", "to_json"]
