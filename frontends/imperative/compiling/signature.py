"""What a call is given: its tensors, and everything else that decides which paths it may take."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias
from weakref import ref

import numpy as np

from ..grad_mode import is_grad_enabled
from ..tensor import Tensor
from .standing import STANDING

__all__ = ["PLAIN", "Call", "Identity", "Spot", "flatten", "read_call"]

Spot: TypeAlias = "tuple[object, ...]"
"""Where something stands in the arguments: positions and keys on the way to it."""

PLAIN = (int, str, bool, type(None), bytes)
"""Types whose values are part of the key as they are."""


class Identity:
    """An object as part of a key: equal to itself only. The object is held weakly where it can be."""

    __slots__ = ("_hash", "_of")

    def __init__(self, thing: object) -> None:
        self._hash = id(thing)
        self._of: Callable[[], object]
        try:
            self._of = ref(thing)
        except TypeError:
            self._of = lambda: thing

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity) or self._hash != other._hash:
            return False
        thing = self._of()
        return thing is not None and thing is other._of()

    def __repr__(self) -> str:
        thing = self._of()
        return f"{type(thing).__name__} object" if thing is not None else "an object that is gone"


class Call:
    """The arguments of one call, taken apart.

    Attributes:
        tensors: those among the arguments, each once, in order.
        spots: where each of them stands (first).
        key: what must be equal for a path to be possible: structure, plain values, identities of objects, types of
            tensors, and which of them are one.
        sizes: the shapes of the tensors.
        containers: lists and dictionaries among the arguments.
        objects: all other objects that the function may look into.
        made: new tensors of the result, as they are made.
        parts: the parts of the key, with the arguments that they come from.
        grad: whether gradients flow.
    """

    __slots__ = (
        "containers", "grad", "key", "made", "objects", "parts", "places", "sizes", "spots", "tensors",
    )  # fmt: skip

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.spots: list[Spot] = []
        self.places: dict[int, int] = {}
        self.containers: dict[int, Spot] = {}
        self.objects: list[object] = []
        self.made: dict[int, Tensor] = {}
        self.parts: list[tuple[object, Hashable]] = []
        self.grad = True
        self.key: Hashable = ()
        self.sizes: tuple[tuple[int, ...], ...] = ()

    def summary(self) -> Call:
        """The call without what it was given, to compare others with."""
        kept = Call()
        kept.parts, kept.sizes, kept.spots = self.parts, self.sizes, self.spots
        kept.key, kept.grad = self.key, self.grad
        return kept

    def tensor(self, tensor: Tensor, spot: Spot) -> Hashable:
        known = self.places.get(id(tensor))
        if known is not None:
            return (Tensor, known)
        self.places[id(tensor)] = len(self.tensors)
        self.tensors.append(tensor)
        self.spots.append(spot)
        array = tensor.array
        return (
            tensor.__class__,
            array.data.dtype,
            array.data.ndim,
            array.tracked,
            not array.tracked or array.op is None or array.origin is not None,
        )


def read_call(args: tuple[object, ...], kwargs: dict[str, object]) -> Call:
    """Take the arguments of a call apart."""
    call = Call()
    call.grad = is_grad_enabled()
    parts = call.parts
    for i, a in enumerate(args):
        parts.append((i, flatten(call, a, (i,))))
    for name, a in kwargs.items():
        parts.append((name, flatten(call, a, (name,))))
    call.key = (call.grad, *parts)
    call.sizes = tuple([t.array.data.shape for t in call.tensors])
    return call


def flatten(call: Call, thing: object, spot: Spot) -> Hashable:
    """The part of the key that an argument gives."""
    kind = thing.__class__
    if kind is Tensor or kind in STANDING:
        return call.tensor(thing, spot)  # type: ignore[arg-type]
    if kind in PLAIN:
        return (kind, thing)
    if kind is float:
        return (kind, thing.hex())  # type: ignore[attr-defined]
    if isinstance(thing, Tensor):
        return call.tensor(thing, spot)
    if isinstance(thing, (tuple, list)):
        if isinstance(thing, list):
            call.containers[id(thing)] = spot
        return (kind, *[flatten(call, x, (*spot, i)) for i, x in enumerate(thing)])
    if isinstance(thing, dict):
        call.containers[id(thing)] = spot
        return (
            kind,
            *[(_key_of(k), flatten(call, x, (*spot, k))) for k, x in thing.items()],
        )
    if isinstance(thing, (np.ndarray, np.generic)):
        return (kind, thing.dtype, thing.shape, thing.tobytes())
    if kind is slice:
        return (kind, *[flatten(call, x, spot) for x in (thing.start, thing.stop, thing.step)])  # type: ignore[attr-defined]
    if isinstance(thing, (frozenset, complex, type, range)) or kind.__module__ == "builtins":
        try:
            hash(thing)
        except TypeError:
            return Identity(thing)
        return (kind, thing)
    call.objects.append(thing)
    return Identity(thing)


def _key_of(key: object) -> Hashable:
    return (type(key), key) if isinstance(key, Hashable) else Identity(key)
