"""Graphs with regions, run node by node in plain Python: what backends are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bifront.compiler.autodiff.inline import bind_attrs
from bifront.compiler.control import COND, SCAN, WHILE
from bifront.compiler.ir import (
    Attrs,
    Dim,
    Expr,
    Graph,
    Node,
    TensorType,
    Value,
    substitute,
    symbols_of,
)

Watch = Callable[[Node, list[np.ndarray], Attrs, Sequence[np.ndarray]], Sequence[np.ndarray]]
"""``watch(node, operands, attrs, made)`` sees what each node made, in regions too, and says what is gone on with."""


def plainly(
    node: Node, operands: list[np.ndarray], attrs: Attrs, made: Sequence[np.ndarray]
) -> Sequence[np.ndarray]:
    return made


def run(
    graph: Graph,
    arrays: Sequence[np.ndarray],
    sizes: Mapping[str, int] | None = None,
    watch: Watch = plainly,
) -> tuple[np.ndarray, ...]:
    """The results of a graph; symbols that stand alone in an input's type get their size there."""
    known = dict(sizes or {})
    values: dict[Value, np.ndarray] = {}
    for value, array in zip(graph.parameters, arrays, strict=True):
        values[value] = np.asarray(array, value.dtype.numpy)
        _bind(known, value, values[value])
    for node in graph.nodes:
        operands = [values[v] for v in node.inputs]
        made = _run_node(node, operands, known, watch)
        for value, array in zip(node.outputs, made, strict=True):
            values[value] = np.asarray(array, value.dtype.numpy)
            _bind(known, value, values[value])
            assert values[value].ndim == value.ndim, node
            for have, want in zip(values[value].shape, value.shape, strict=True):
                assert not isinstance(want, int) or have == want, node
    return tuple(values[v] for v in graph.results)


def _bind(sizes: dict[str, int], value: Value, array: np.ndarray) -> None:
    for dim, size in zip(value.shape, array.shape, strict=True):
        if isinstance(dim, Expr) and [str(dim)] == symbols_of((dim,)):
            sizes[str(dim)] = size


def _run_node(
    node: Node, operands: list[np.ndarray], sizes: dict[str, int], watch: Watch
) -> Sequence[np.ndarray]:
    attrs = bind_attrs(node.attrs, sizes)
    made: Sequence[np.ndarray]
    if node.op is COND:
        region = node.regions[0 if operands[0] else 1]
        made = run(region, operands[1:], sizes, watch)
    elif node.op is SCAN:
        made = _scan(node, operands, sizes, watch)
    elif node.op is WHILE:
        made = _while(node, operands, sizes, watch)
    else:
        made = (node.op.evaluate(*operands, **attrs),)
    return watch(node, operands, attrs, made)


def _scan(
    node: Node, operands: list[np.ndarray], sizes: dict[str, int], watch: Watch
) -> list[np.ndarray]:
    n, m = node.attrs["carries"], node.attrs["sequences"]
    assert isinstance(n, int)
    assert isinstance(m, int)
    carries, xs, captures = operands[:n], operands[n : n + m], operands[n + m :]
    length = _size(node.attrs["length"], sizes)
    assert all(len(x) == length for x in xs)
    rows = []
    for t in reversed(range(length)) if node.attrs["reverse"] else range(length):
        out = run(node.regions[0], [*carries, *(x[t] for x in xs), *captures], sizes, watch)
        carries = list(out[:n])
        rows.append(out[n:])
    if node.attrs["reverse"]:
        rows.reverse()
    return [*carries, *_stacked(node, n, rows, sizes)]


def _while(
    node: Node, operands: list[np.ndarray], sizes: dict[str, int], watch: Watch
) -> list[np.ndarray]:
    n, maximum = node.attrs["carries"], node.attrs["maximum"]
    assert isinstance(n, int)
    carries, captures = operands[:n], operands[n:]
    condition, body = node.regions
    rows: list[tuple[np.ndarray, ...]] = []
    while maximum is None or len(rows) < maximum:  # type: ignore[operator]
        if not run(condition, [*carries, *captures], sizes, watch)[0]:
            break
        out = run(body, [*carries, *captures], sizes, watch)
        carries = list(out[:n])
        rows.append(out[n:])
    sizes[str(node.attrs["trips"])] = len(rows)
    return [*carries, *_stacked(node, n, rows, sizes)]


def _stacked(
    node: Node, carries: int, rows: Sequence[Sequence[np.ndarray]], sizes: Mapping[str, int]
) -> list[np.ndarray]:
    found = []
    for i, value in enumerate(node.outputs[carries:]):
        kind: TensorType = value.type
        shape = tuple(_size(d, sizes) for d in kind.shape)
        rest = [row[i] for row in rows]
        whole = np.stack(rest) if rest else np.zeros(shape, kind.dtype.numpy)
        # Row-major, as backends gather: the order of later sums depends on it.
        found.append(np.asarray(whole, order="C"))
    return found


def _size(dim: Dim, sizes: Mapping[str, int]) -> int:
    size = substitute(dim, sizes)
    assert isinstance(size, int)
    return size
