"""ONNX Runtime on its CPU provider, for inference: mode ``session``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from ..jobs import Calls, Job, Unsupported
from ..workloads import Encoder, Workload

OPSET, IR_VERSION = 20, 9


def versions() -> Mapping[str, str]:
    return {"onnxruntime": onnxruntime.__version__}


def build(workload: Workload, mode: str) -> Job:
    if not isinstance(workload, Encoder):
        raise Unsupported(workload.name)
    session = onnxruntime.InferenceSession(
        _model(workload).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feed = {"x": workload.data()}
    return Calls(lambda: session.run(None, feed)[0])


def _model(w: Encoder) -> Any:
    n, s, d, heads = w.batch, w.length, w.width, w.heads
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(kind: str, *inputs: str, results: int = 1, **attributes: Any) -> Any:
        names = [f"{kind}_{len(nodes)}_{i}" for i in range(results)]
        nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if results == 1 else names

    split = constant("split", np.array([d, d, d]))
    apart = constant("apart", np.array([n, s, heads, d // heads]))
    joined = constant("joined", np.array([n, s, d]))
    scale = constant("scale", np.array((d // heads) ** -0.5, np.float32))
    x = "x"
    for i, layer in enumerate(w.parameters()):
        q = {k: constant(f"{k}_{i}", v) for k, v in layer.items()}
        parts = op("Add", op("MatMul", x, q["wqkv"]), q["bqkv"])
        query, key, value = op("Split", parts, split, results=3, axis=2)
        query = op("Transpose", op("Reshape", query, apart), perm=[0, 2, 1, 3])
        key = op("Transpose", op("Reshape", key, apart), perm=[0, 2, 3, 1])
        value = op("Transpose", op("Reshape", value, apart), perm=[0, 2, 1, 3])
        scores = op("Softmax", op("Mul", op("MatMul", query, key), scale), axis=-1)
        seen = op("Transpose", op("MatMul", scores, value), perm=[0, 2, 1, 3])
        seen = op("Add", op("MatMul", op("Reshape", seen, joined), q["wo"]), q["bo"])
        norm = {"axis": -1, "epsilon": w.epsilon}
        x = op("LayerNormalization", op("Add", x, seen), q["g1"], q["b1"], **norm)
        u = op("Gelu", op("Add", op("MatMul", x, q["w1"]), q["c1"]))
        u = op("Add", op("MatMul", u, q["w2"]), q["c2"])
        x = op("LayerNormalization", op("Add", x, u), q["g2"], q["b2"], **norm)
    ends = [helper.make_tensor_value_info(k, TensorProto.FLOAT, [n, s, d]) for k in ("x", x)]
    graph = helper.make_graph(nodes, "encoder", ends[:1], ends[1:], constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
