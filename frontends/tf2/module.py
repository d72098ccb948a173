"""`Module`: an object whose attributes hold variables and other modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from .control import name_scope
from .variable import Variable

__all__ = ["Module"]


class Module:
    """Finds the variables in its attributes, in lists, tuples and dictionaries in them, and in modules among them."""

    def __init__(self, name: str | None = None) -> None:
        words = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", type(self).__name__).lower()
        self._name = name or words

    @property
    def name(self) -> str:
        return self._name

    @property
    def name_scope(self) -> AbstractContextManager[str]:
        return name_scope(self._name)

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """The method itself: eager values have no names."""
        return method

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Its variables by their attributes' names, then those of its modules, each once."""
        found: dict[int, Variable] = {}
        for module in (self, *self.submodules):
            for item in module._held():
                if isinstance(item, Variable):
                    found.setdefault(id(item), item)
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Variable, ...]:
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self) -> tuple[Module, ...]:
        """The modules in its attributes, then those in theirs, each once."""
        found: dict[int, Module] = {}
        level: list[Module] = [self]
        while level:
            below = [m for module in level for m in module._held() if isinstance(m, Module)]
            level = [m for m in below if id(m) not in found and m is not self]
            found.update((id(m), m) for m in level)
        return tuple(found.values())

    def _held(self) -> Iterator[object]:
        attributes = vars(self)
        for name in sorted(attributes):
            yield from _leaves(attributes[name])


def _leaves(structure: object) -> Iterator[object]:
    if isinstance(structure, (list, tuple)):
        for item in structure:
            yield from _leaves(item)
    elif isinstance(structure, Mapping):
        # By their keys where these have an order, otherwise as they were put in.
        keys = list(structure)
        with suppress(TypeError):
            keys.sort()
        for key in keys:
            yield from _leaves(structure[key])
    else:
        yield structure
