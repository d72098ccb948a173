"""The native backend gives what the reference gives, for every operation of the registry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.dispatch import Building
from bifront.compiler.ir import Graph, TensorType
from bifront.compiler.ir.dtypes import BY_NUMPY
from bifront.compiler.ops import REGISTRY, Kind, Op, Sample

pytest.importorskip("llvmlite", reason="the native backend needs llvmlite")

# Products and sums are added up in another order, elementary functions rounded otherwise.
ULP = 64


def graph_of(op: Op, sample: Sample) -> tuple[Graph, list[np.ndarray]]:
    arrays = [np.asarray(x) for x in sample.inputs]
    builder = Building(op.name)
    inputs = [
        builder.input(TensorType(BY_NUMPY[a.dtype], a.shape), f"x{i}") for i, a in enumerate(arrays)
    ]
    node = builder.node(op, inputs, dict(sample.attrs))
    return builder.close(inputs, node.outputs), arrays


def close(found: np.ndarray, wanted: np.ndarray) -> bool:
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return False
    if wanted.dtype.kind != "f":
        return np.array_equal(found, wanted)
    with np.errstate(all="ignore"):
        scale = np.nanmax(np.abs(np.where(np.isfinite(wanted), wanted, 0)), initial=0)
        bound = ULP * np.finfo(wanted.dtype).eps * np.maximum(np.abs(wanted), min(scale, 1))
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        return bool(np.all(same | (np.abs(found - wanted) <= bound)))


def cases() -> Iterator[object]:
    for name, op in sorted(REGISTRY.items()):
        if op.kind is not Kind.CONTROL:
            yield pytest.param(op, id=name)


def as_dtype(sample: Sample, dtype: type) -> Sample:
    inputs = tuple(
        np.asarray(x).astype(dtype) if np.asarray(x).dtype == np.float64 else np.asarray(x)
        for x in sample.inputs
    )
    return Sample(inputs, sample.attrs)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("op", list(cases()))
def test_an_operation_gives_what_the_reference_gives(op: Op, dtype: type) -> None:
    for sample in op.samples(np.random.default_rng(0)):
        try:
            graph, arrays = graph_of(op, as_dtype(sample, dtype))
        except bf.DTypeError:
            continue  # not an element type that the operation takes
        wanted = bf.compile(graph, "numpy")(*arrays)
        found = bf.compile(graph, "native")(*arrays)
        for x, y in zip(found, wanted, strict=True):
            assert close(x, y), f"{graph}\n{arrays}\nnative {x}\nnumpy {y}"
