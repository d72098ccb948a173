"""Collections of the default graph."""

from __future__ import annotations

from .graph import get_default_graph

__all__ = ["add_to_collection", "get_collection", "get_collection_ref"]


def add_to_collection(name: object, value: object) -> None:
    """Enter a value into a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


def get_collection(key: object, scope: str | None = None) -> list[object]:
    """A copy of a collection; with ``scope``, those members whose name matches it from the start."""
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: object) -> list[object]:
    """The collection itself, to be changed."""
    return get_default_graph().get_collection_ref(key)
