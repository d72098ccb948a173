"""Optimizers whose rules depend on the number of the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ....compiler.dispatch import Array, leaf
from ....compiler.ops import add
from ..tensor import Tensor, wrap
from .optimizer import Optimizer

__all__ = ["CountingOptimizer"]

Live = list[tuple[Tensor, Array]]


class CountingOptimizer(Optimizer):
    """Keeps ``state[p]["step"]``, as PyTorch does, a float32 scalar counted from 1.

    Parameters of a group that have taken the same steps share one tensor, so that what follows from the number alone is
    computed once a step, and a trace has one counter for all of them.
    """

    def _counted(self, group: dict[str, Any], live: Live) -> Iterator[tuple[Array, Live]]:
        """The parameters in parts that share a count, each with the number of this step."""
        parts: dict[int, Live] = {}
        for p, g in live:
            step = self.state[p].get("step")
            parts.setdefault(-1 if step is None else id(step), []).append((p, g))
        sharers: dict[int, int] = {}
        for p in group["params"]:
            key = id(self.state[p]["step"]) if "step" in self.state.get(p, ()) else -1
            sharers[key] = sharers.get(key, 0) + 1
        for key, part in parts.items():
            step = self.state[part[0][0]].get("step")
            if step is None or sharers[key] != len(part):
                # New ones, or ones that go ahead of those that have no gradient this time.
                step = _count(0 if step is None else step.array.data)
                for p, _ in part:
                    self.state[p]["step"] = step
            self._put(step, add(step.array, 1))
            yield step.array, part

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            shared: dict[float, Tensor] = {}
            for p in group["params"]:
                slots = self.state.get(p, {})
                if "step" in slots:
                    count = float(slots["step"])
                    if count not in shared:
                        shared[count] = _count(count)
                    slots["step"] = shared[count]


def _count(number: Any) -> Tensor:
    step = wrap(leaf(np.array(number, np.float32)))
    step._name_origin("slot", "step")
    return step
