"""The stacks behind ``get_default_graph`` and ``get_default_session``, one of each for a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class DefaultStack(threading.local, Generic[T]):
    """Things made the default by ``with thing.as_default()``, innermost last."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[T] = []

    @property
    def top(self) -> T | None:
        return self.stack[-1] if self.stack else None

    @contextmanager
    def pushed(self, thing: T) -> Iterator[T]:
        self.stack.append(thing)
        try:
            yield thing
        finally:
            self.remove(thing)

    def remove(self, thing: T) -> None:
        """Take out the innermost occurrence; what was pushed above it stays."""
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is thing:
                del self.stack[i]
                return
