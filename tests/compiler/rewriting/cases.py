"""Expressions on which a rule fires, made from the rule itself, and arrays with every special value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from bifront.compiler.control import regions as _regions
from bifront.compiler.dispatch import Building, using
from bifront.compiler.ir import Graph, TensorType, Value, dtype_of
from bifront.compiler.rewriting import Of, Rule
from bifront.compiler.rewriting.patterns import Applied, Number, Pattern, Unknown, traced

FLOATS = [0.0, -0.0, 1.0, -1.0, 2.5, -3.75, math.inf, -math.inf, math.nan, 1e-310, 0.3, -0.5, 7.0]
TYPES = {
    Of.FLOAT: ("float64",),
    Of.INTEGER: ("int32", "uint8", "int64"),
    Of.NUMBER: ("float64", "int32", "uint8"),
    Of.BOOL: ("bool",),
    Of.ANY: ("float64", "bool", "int32"),
}
assert _regions  # control flow is in the registry


Elements: TypeAlias = "Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]"
"""Draws floating-point numbers."""


def _special(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    drawn = rng.standard_normal(shape) * 3
    return np.where(rng.random(shape) < 0.6, rng.choice(FLOATS, shape), drawn)


def _powers(low: float, high: float) -> Elements:
    """Numbers of either sign whose magnitudes are spread over powers of ten."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(rng.choice([1.0, -1.0], shape) * 10 ** rng.uniform(low, high, shape))

    return draw


EXACT: dict[str, Elements] = {"special": _special}
"""What rules that keep every bit are tested on."""
ROUNDING: dict[str, Elements] = {
    "positive": lambda rng, shape: rng.uniform(0.5, 2.0, shape),
    "signed": lambda rng, shape: rng.standard_normal(shape) * 3,
    "large": _powers(20, 30),
    "tiny": _powers(-30, -20),
    "spread": _powers(-30, 30),
    "zeros": lambda rng, shape: rng.choice([0.0, -0.0, 1.0, -1.0, 2.5, -800.0, 800.0], shape),
}
"""What others are tested on: products of ten such numbers neither overflow nor underflow."""


def array(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: str, elements: Elements
) -> np.ndarray:
    """Random elements; those of floats as they are drawn, of others all that there are."""
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if not dtype.startswith("float"):
        info = np.iinfo(dtype)
        wide = rng.integers(info.min, info.max, shape, dtype=dtype)
        return np.where(rng.random(shape) < 0.5, wide, wide % 4).astype(dtype)
    with np.errstate(all="ignore"):
        return np.asarray(elements(rng, shape)).astype(dtype)


class Drawing:
    """Makes inputs of a graph and remembers their arrays."""

    def __init__(self, rng: np.random.Generator, elements: Elements) -> None:
        self.rng, self.elements = rng, elements
        self.builder = Building("example")
        self.inputs: list[Value] = []
        self.arrays: list[np.ndarray] = []

    def __call__(self, *shape: int, dtype: str = "float64") -> Value:
        value = self.builder.input(TensorType(dtype_of(dtype), shape))
        self.inputs.append(value)
        self.arrays.append(array(self.rng, shape, dtype, self.elements))
        return value


def cases(
    rule: Rule, rng: np.random.Generator, elements: Elements
) -> Iterator[tuple[Graph, list[np.ndarray]]]:
    """Graphs that are the left side of the rule, with arrays to run them on."""
    if rule.sides is None:
        for example in rule.examples:
            drawing = Drawing(rng, elements)
            with using(drawing.builder):
                made = example(drawing)
            yield close(drawing, made)
        return
    before, _ = traced(rule.sides)
    for dtype in TYPES[rule.of]:
        for shapes in (("same",), ("mixed",), ("scalars",), ("large",)):
            drawing = Drawing(rng, elements)
            try:
                with using(drawing.builder):
                    made = _instance(before, drawing, dtype, shapes[0], {}, ())
            except Exception:  # an operation that does not take this type
                continue
            yield close(drawing, made)


def close(drawing: Drawing, made: object) -> tuple[Graph, list[np.ndarray]]:
    outputs = list(made) if isinstance(made, (list, tuple)) else [made]
    return drawing.builder.close(drawing.inputs, outputs), drawing.arrays


def _instance(
    pattern: Pattern,
    drawing: Drawing,
    dtype: str,
    shapes: str,
    known: dict[str, Value],
    constants: tuple[str, ...],
) -> Value:
    if isinstance(pattern, Number):
        return drawing.builder.constant(np.asarray(pattern.value, dtype))
    if isinstance(pattern, Unknown):
        if pattern.name not in known:
            shape = {
                "same": (2, 3), "scalars": (), "large": (7, 131),
                "mixed": [(2, 3), (3,), (2, 1), ()][int(drawing.rng.integers(4))],
            }[shapes]  # fmt: skip
            if pattern.name in ("c", "d"):
                value = drawing.rng.choice([2.0, -3.0, 0.3]) if dtype == "float64" else 3
                known[pattern.name] = drawing.builder.constant(np.asarray(value, dtype))
            else:
                known[pattern.name] = drawing(*shape, dtype=dtype)
        return known[pattern.name]
    assert isinstance(pattern, Applied)
    operands = []
    for i, operand in enumerate(pattern.inputs):
        kind = "bool" if pattern.op.name == "where" and i == 0 else dtype
        if isinstance(operand, Number) and isinstance(operand.value, bool):
            kind = "bool"
        operands.append(_instance(operand, drawing, kind, shapes, known, constants))
    return drawing.builder.apply(pattern.op, operands, {})
