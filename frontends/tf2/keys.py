"""The random keys that eager draws take: a stream of all of them, and one for each seed that a program names.

As in TensorFlow 2, `set_seed` starts every stream anew.
"""

from __future__ import annotations

from ...compiler.dispatch import Array
from ..imperative import random
from ..imperative.random import Generator
from ..imperative.tensor import Tensor
from ..static.session import first_key

__all__ = ["next_key", "set_seed", "start", "streams"]

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


def streams() -> list[Tensor]:
    """The keys of the streams that there are."""
    return [g._key for g in (random.default_generator, *_streams.values())]
