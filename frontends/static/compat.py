"""``tf.compat``: bytes and texts; ``tf.compat.v1`` is this whole interface again."""

from __future__ import annotations

from typing import NoReturn

from .public import missing

__all__ = ["as_bytes", "as_str", "as_str_any", "as_text"]


def as_bytes(bytes_or_text: str | bytes, encoding: str = "utf-8") -> bytes:
    return bytes_or_text.encode(encoding) if isinstance(bytes_or_text, str) else bytes_or_text


def as_text(bytes_or_text: str | bytes, encoding: str = "utf-8") -> str:
    return bytes_or_text if isinstance(bytes_or_text, str) else bytes_or_text.decode(encoding)


as_str = as_text


def as_str_any(value: object) -> str:
    return as_text(value) if isinstance(value, bytes) else str(value)


def __getattr__(name: str) -> NoReturn:
    raise missing("tf.compat", name, globals())
