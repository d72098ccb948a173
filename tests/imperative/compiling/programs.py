"""Random programs: nested branches and loops on the values of tensors, with state."""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import bifront.imperative as torch

__all__ = ["World", "program"]

_EXPRESSIONS = (
    "{a} * 0.5 + {b}", "torch.tanh({a})", "{a} - {b} * 0.25", "torch.relu({a}) - 0.1", "{a} @ world.w",
    "{a}.mean() + {b}", "torch.where({a} > 0, {a}, {b})", "{a}.sum(0, keepdim=True) * 0.1 + {b}",
    "torch.flip({a}, [0])", "{a} + torch.rand_like({a}) * 0.1", "world.norm({a})", "torch.cat([{a}[1:], {b}[:1]])",
)  # fmt: skip
_TESTS = (
    "{a}.sum() > {number}", "({a} > {b}).any()", "{a}.mean() < {b}.mean()", "{a}[0, 0] > 0 and {b}[1, 1] < 0.5",
    "float({a}.sum() > 0) > 0.5", "{a}.sum().item() > {number}", "not ({a}.max() > 1)",
)  # fmt: skip


class World:
    """What a program reads and changes besides its arguments."""

    def __init__(self) -> None:
        torch.manual_seed(7)
        self.w = torch.nn.Parameter(torch.randn(3, 3) * 0.5)
        self.norm = torch.nn.BatchNorm1d(3)
        self.optimizer = torch.optim.SGD([self.w, *self.norm.parameters()], lr=0.05, momentum=0.5)
        self.count = torch.zeros(())

    def state(self) -> list[bytes]:
        """Everything that runs may have changed, as bytes."""
        tensors = [self.w, self.count, *self.norm.parameters(), *self.norm.buffers()]
        tensors += [
            s["momentum_buffer"] for s in self.optimizer.state.values() if "momentum_buffer" in s
        ]
        tensors += [p.grad for p in (self.w, *self.norm.parameters()) if p.grad is not None]
        return [np.asarray(t.detach().numpy()).tobytes() for t in tensors] + [
            torch.get_rng_state().numpy().tobytes()
        ]


class _Writer:
    def __init__(self, seed: int, trains: bool) -> None:
        self.trains = trains
        self.random = random.Random(seed)
        self.names = ["x", "y"]
        self.fresh = 0

    def program(self) -> Iterator[str]:
        yield "def program(world, x, y):"
        yield from self.block(1, 4)
        if self.trains and self.random.random() < 0.5:
            a = self.random.choice(self.names)
            yield "    world.optimizer.zero_grad()"
            yield f"    loss = ({a} @ world.w).pow(2).mean()"
            yield "    loss.backward()"
            yield "    world.optimizer.step()"
        yield "    world.count.add_(1)"
        yield f"    return {', '.join(self.random.sample(self.names, 2))}"

    def block(self, depth: int, length: int) -> Iterator[str]:
        pad = "    " * depth
        for _ in range(self.random.randint(1, length)):
            kind = self.random.random()
            if depth < 4 and kind < 0.25:
                yield f"{pad}if {self.test()}:"
                yield from self.inner(depth)
                if self.random.random() < 0.6:
                    yield f"{pad}else:"
                    yield from self.inner(depth)
            elif depth < 3 and kind < 0.35:
                yield f"{pad}for i in range({self.random.randint(1, 4)}):"
                yield from self.inner(depth)
                if self.random.random() < 0.4:
                    yield f"{pad}    if {self.test()}: break"
            elif depth < 3 and kind < 0.45:
                name = self.random.choice(self.names)
                yield f"{pad}while {name}.abs().sum() > {self.random.randint(2, 6)}:"
                yield f"{pad}    {name} = {name} * 0.5"
                yield f"{pad}    if {self.test()}: {name} = {name} - 0.01"
            elif kind < 0.5 and depth > 1:
                yield f"{pad}world.count.add_({self.random.choice(self.names)}.detach().sum())"
            else:
                yield f"{pad}{self.assignment()}"

    def inner(self, depth: int) -> Iterator[str]:
        known = list(self.names)
        yield from self.block(depth + 1, 3)
        self.names = known

    def assignment(self) -> str:
        text = self.random.choice(_EXPRESSIONS).format(a=self.value(), b=self.value())
        if self.random.random() < 0.5:
            return f"{self.random.choice(self.names)} = {text}"
        self.fresh += 1
        name = f"t{self.fresh}"
        self.names.append(name)
        return f"{name} = {text}"

    def test(self) -> str:
        number = round(self.random.uniform(-1, 1), 2)
        return self.random.choice(_TESTS).format(a=self.value(), b=self.value(), number=number)

    def value(self) -> str:
        return self.random.choice(self.names)


def program(seed: int, trains: bool = True) -> tuple[Callable[..., Any], str]:
    """A program and its source; lines in errors and reasons are to be had, for Python knows the source.

    Args:
        trains: whether it may take a step of training itself.
    """
    source = "\n".join(_Writer(seed, trains).program()) + "\n"
    name = f"/programs/random_{seed}_{trains}.py"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    scope: dict[str, Any] = {"torch": torch}
    exec(compile(source, name, "exec"), scope)
    return scope["program"], source
