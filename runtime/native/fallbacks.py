"""What a native function leaves to the reference: nodes that it calls back for, on views of its own memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...compiler.autodiff.inline import specialize
from ...compiler.control import WHILE
from ...compiler.ir import DType, Graph, Node, TensorType, Value, substitute
from ..executable import compile
from .steps import Fallback
from .windows.operations import twin_of

Callback = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


def callback(fallbacks: Sequence[Fallback], sizes: Mapping[str, int]) -> object:
    """The C function that computes fallbacks, for given sizes of the symbols; keep it alive while it may be called.

    It gives 1 where the reference raises an error, which the caller is to reproduce.
    """
    prepared = [_prepare(step.node, sizes) for step in fallbacks]

    def call(index: int, frame: int, words: int) -> int:
        try:
            prepared[index](words)
        except Exception:
            return 1
        return 0

    return Callback(call)


def why(step: Fallback) -> str:
    """Why no kernel computes a node."""
    node = step.node
    if node.op is WHILE:
        return (
            "a while that gathers values of its iterations: how many there are is not known before"
        )
    if twin_of(node.op) is not None:
        return f"{node.op.name} has kernels for one or two spatial axes of known sizes"
    return f"no kernel computes {node.op.name}"


def _prepare(node: Node, sizes: Mapping[str, int]) -> Callable[[int], None]:
    graph = specialize(_alone(node), sizes)
    run = compile(graph, "numpy").run
    kinds = [_kind(v.type, sizes) for v in (*node.inputs, *node.outputs)]
    count = len(node.inputs)

    def evaluate(words: int) -> None:
        addresses = (ctypes.c_int64 * len(kinds)).from_address(words) if kinds else ()
        arrays = [_array(a, *kind) for a, kind in zip(addresses, kinds, strict=True)]
        for target, made in zip(arrays[count:], run(*arrays[:count]), strict=True):
            np.copyto(target, made)

    return evaluate


def _alone(node: Node) -> Graph:
    """A graph of one node, over inputs of its own."""
    inputs = tuple(Value(v.type, hint=v.hint, location=v.location) for v in node.inputs)
    copy = Node(
        node.op, inputs, node.attrs, [v.type for v in node.outputs], node.location, node.regions
    )
    return Graph(node.op.name, inputs, (), (copy,), copy.outputs)


def _kind(type: TensorType, sizes: Mapping[str, int]) -> tuple[DType, tuple[int, ...]]:
    shape = tuple([substitute(d, sizes) for d in type.shape])
    return type.dtype, shape  # type: ignore[return-value]


def _array(address: int, dtype: DType, shape: tuple[int, ...]) -> np.ndarray:
    count = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if not count:
        return np.empty(shape, dtype.numpy)
    memory = memoryview((ctypes.c_char * count).from_address(address))
    flat: np.ndarray = np.frombuffer(memory, dtype.numpy)
    return flat.reshape(shape)
