"""The random keys that eager draws take: a stream of all of them, and one for each seed that a program names.

As in TensorFlow 2, `set_seed` starts every stream anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...compiler.dispatch import Array, leaf
from ..imperative import random
from ..imperative.random import Generator
from ..static.session import first_key

__all__ = ["next_key", "restored", "set_seed", "start"]

_chosen: int | None = None
_streams: dict[int, Generator] = {}


def set_seed(seed: int) -> None:
    """Start all random numbers from a seed."""
    global _chosen
    _chosen = int(seed)
    _streams.clear()
    random.manual_seed(_chosen)


def next_key(seed: int | None) -> Array:
    """The key for one draw from the stream of a seed (None: the one that all share)."""
    if seed is None:
        return random.next_key(None)
    if seed not in _streams:
        _streams[seed] = start(int(first_key(seed, _chosen)[0]))
    return _streams[seed].next()


def start(seed: int) -> Generator:
    """A stream of its own."""
    return Generator().manual_seed(seed)


@contextmanager
def restored() -> Iterator[None]:
    """A block after which random numbers go on as if nothing had been drawn in it."""
    known = dict(_streams)
    keys = [(g._key, g._key.array) for g in (random.default_generator, *known.values())]
    before = [(key, array.origin, array.data.copy()) for key, array in keys]
    try:
        yield
    finally:
        _streams.clear()
        _streams.update(known)
        for key, origin, data in before:
            key.array = leaf(data, origin)
