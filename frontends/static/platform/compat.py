"""``tf.compat``: bytes and texts, and this API under the name ``v1``."""

from __future__ import annotations

from types import ModuleType

from ...names import missing_name

__all__ = ["as_bytes", "as_str", "as_str_any", "as_text"]


def as_bytes(bytes_or_text: str | bytes, encoding: str = "utf-8") -> bytes:
    return bytes_or_text.encode(encoding) if isinstance(bytes_or_text, str) else bytes_or_text


def as_text(bytes_or_text: str | bytes, encoding: str = "utf-8") -> str:
    return bytes_or_text if isinstance(bytes_or_text, str) else bytes_or_text.decode(encoding)


as_str = as_text


def as_str_any(value: object) -> str:
    return as_text(value) if isinstance(value, bytes) else str(value)


def __getattr__(name: str) -> ModuleType:
    if name == "v1":
        # The package holds this module, so it is only there once it was imported.
        from ... import static

        return static
    raise missing_name("tf.compat", name, globals())
