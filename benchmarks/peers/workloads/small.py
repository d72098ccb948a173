"""What is all overhead: one addition of four numbers, and a long chain of operations on one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .definition import Arrays, Workload


@dataclass(frozen=True, kw_only=True)
class Add(Workload):
    """``a + b``.

    Attributes:
        compiled: the call of a compiled function or of a session on one addition; else the eager operation, recorded
            for a gradient where the framework records.
    """

    compiled: bool

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array([1, 2, 3, 4], np.float32), np.full(4, 0.5, np.float32)

    def reference(self) -> Arrays:
        a, b = self.data()
        return [a.astype(np.float64) + b]


@dataclass(frozen=True, kw_only=True)
class Chain(Workload):
    """``x = x * a + b`` from a scalar x, over and over; the value and its derivatives by x and a.

    Attributes:
        operations: how many, forwards.
        compiled: whether the chain may be compiled as one.
    """

    per: str = "operation"
    operations: int = 1000
    compiled: bool
    x: float = 0.5
    a: float = 0.999
    b: float = 0.001

    @property
    def rounds(self) -> int:
        return self.operations // 2

    def data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, a and b, as float32 without dimensions."""
        x, a, b = (np.array(v, np.float32) for v in (self.x, self.a, self.b))
        return x, a, b

    def reference(self) -> Arrays:
        x, dx, da = self.x, 1.0, 0.0
        for _ in range(self.rounds):
            da = da * self.a + x
            x, dx = x * self.a + self.b, dx * self.a
        return [np.array([x, dx, da])]

    def units(self) -> float:
        return self.operations
