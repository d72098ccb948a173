"""Random graphs: any operation of the registry, wired at random, with arrays on which they can be run.

A generator of choices decides everything, so that the same function serves NumPy's generators and hypothesis, which
shrinks what it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from bifront.compiler.dispatch import Building
from bifront.compiler.ir import Attrs, Dim, Graph, State, TensorType, Value, dtype_of, symbol
from bifront.compiler.location import Location
from bifront.compiler.ops import REGISTRY, Kind, Op, Sample

Choose = Callable[[int], int]
"""``choose(n)`` gives one of 0, 1, ..., n - 1."""

BATCH = 3
"""The size that the symbol ``batch`` has in the arrays."""
HINTS = ("", "x", "x", "w.1", "dense/kernel", "été", "two words", "%", "7", "")
SCOPES = ("", "dense", "dense/inner", 'od"d\\/sco pe\n')
FILES = ("train.py", "/home/me/a b.py", "C:\\ünï\\x.py")
DTYPES = ("float32", "float32", "float64", "int32", "bool", "float16", "uint8")
SHAPES: tuple[tuple[Dim, ...], ...] = (
    (), (3,), (2, 3), (1, 3), (symbol("batch"), 3), (symbol("batch"),), (2, 1, 4), (0, 2), (5, 7),
)  # fmt: skip

# Operations whose result is only defined for some operands are given those of their samples.
_PICKY = {"cast", "floordiv", "mod", "pow"}


@dataclass
class Program:
    """A graph, and an array for each of its parameters (``batch`` is `BATCH`)."""

    graph: Graph
    feeds: list[np.ndarray]


@dataclass
class _Maker:
    choose: Choose
    builder: Building = field(default_factory=lambda: Building("random"))
    arrays: dict[Value, np.ndarray] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    states: list[Value] = field(default_factory=list)
    pool: list[Value] = field(default_factory=list)

    def pick(self, items: tuple[str, ...]) -> str:
        return items[self.choose(len(items))]

    def place(self) -> None:
        """Move to another line of the imagined program."""
        line, column = 1 + self.choose(99), 1 + self.choose(40)
        scope = self.pick(SCOPES)
        self.builder.at = Location.at(self.pick(FILES), line, column, scope=scope)

    def value(self, array: np.ndarray, shape: tuple[Dim, ...] | None = None) -> Value:
        """An input, a state or a constant that holds the array."""
        self.place()
        role = self.choose(3)
        concrete = shape is None or shape == array.shape
        if role == 0 and concrete:
            value = self.builder.constant(array)
        else:
            type = TensorType(dtype_of(array.dtype), array.shape if shape is None else shape)
            value = self.builder.input(type, self.pick(HINTS))
            (self.states if role == 1 else self.inputs).append(value)
        self.arrays[value] = array
        self.pool.append(value)
        return value

    def fresh(self) -> Value:
        shape = SHAPES[self.choose(len(SHAPES))]
        rng = np.random.default_rng(self.choose(1000))
        sizes = [d if isinstance(d, int) else BATCH for d in shape]
        array = (rng.standard_normal(sizes) * 2).astype(self.pick(DTYPES))
        return self.value(np.asarray(array), shape)

    def apply(self, op: Op, operands: list[Value], attrs: Attrs) -> bool:
        """Apply an operation if its rules allow it and it can be computed."""
        self.place()
        try:
            with np.errstate(all="ignore"):
                array = op.evaluate(*[self.arrays[v] for v in operands], **attrs)
            value = self.builder.apply(op, operands, attrs)
        except Exception:  # attributes of another rank's sample need not make sense here
            return False
        value.hint = self.pick(HINTS)
        self.arrays[value] = np.asarray(array)
        self.pool.append(value)
        return True

    def step(self) -> None:
        """One more operation: on values that there are, else on those of one of its samples."""
        ops = [op for op in REGISTRY.values() if op.kind is not Kind.CONTROL]
        op = ops[self.choose(len(ops))]
        samples = list(op.samples(np.random.default_rng(self.choose(3))))
        sample = samples[self.choose(len(samples))]
        operands = [self.pool[-1 - self.choose(len(self.pool))] for _ in sample.inputs]
        wants_old = bool(operands) and self.choose(4) > 0
        if not (wants_old and _fit(op, operands) and self.apply(op, operands, sample.attrs)):
            self.apply_to_sample(op, sample)

    def apply_to_sample(self, op: Op, sample: Sample) -> None:
        operands = [self.value(np.array(x)) for x in sample.inputs]
        assert self.apply(op, operands, sample.attrs), (op, sample)

    def close(self) -> Program:
        outputs = [self.pool[-1]]
        outputs += [self.pool[self.choose(len(self.pool))] for _ in range(self.choose(3))]
        states = []
        for number, value in enumerate(self.states):
            alike = [v for v in self.pool if v.type == value.type]
            slot = f"{self.pick(HINTS)}:{number}"
            states.append(State(slot, value, alike[self.choose(len(alike))]))
        graph = self.builder.close(self.inputs, outputs, states)
        return Program(graph, [self.arrays[v] for v in graph.parameters])


def _fit(op: Op, operands: list[Value]) -> bool:
    """Whether the operation is defined on any numbers of these types, whatever the symbols stand for."""
    if op.kind in (Kind.INDEXING, Kind.RANDOM) or op.name in _PICKY:
        return False
    concrete = all(v.type.is_concrete for v in operands)
    if op.kind is Kind.ELEMENTWISE:
        return concrete or len({v.shape for v in operands if v.shape}) == 1
    return concrete or (op.kind is Kind.REDUCTION and len(operands) == 1)


def random_program(choose: Choose, nodes: int = 12) -> Program:
    """A random graph of at most so many operations (dead ones are dropped), and arrays to run it on."""
    maker = _Maker(choose)
    for _ in range(1 + choose(3)):
        maker.fresh()
    for _ in range(choose(nodes + 1)):
        maker.step()
    return maker.close()


def random_graph(choose: Choose, nodes: int = 12) -> Graph:
    """The graph of a `random_program`."""
    return random_program(choose, nodes).graph


def chooser(rng: np.random.Generator) -> Choose:
    """Choices made by a NumPy generator."""
    return lambda n: int(rng.integers(n))


@st.composite
def programs(draw: st.DrawFn, nodes: int = 12) -> Program:
    """A hypothesis strategy of `random_program`."""
    return random_program(lambda n: draw(st.integers(0, n - 1)), nodes)


def graphs(nodes: int = 12) -> st.SearchStrategy[Graph]:
    """A hypothesis strategy of `random_graph`."""
    return programs(nodes).map(lambda program: program.graph)
