"""The intermediate representation: types, values, nodes, graphs."""

from .dims import Dim, Expr, divide_exactly, product, substitute, symbol, symbols_of
from .dtypes import DType, dtype_of, promote
from .graph import Attr, Attrs, Graph, Node, State, Value, close, live_nodes
from .types import Shape, TensorType, broadcast, show_shape, unify

__all__ = [
    "Attr",
    "Attrs",
    "DType",
    "Dim",
    "Expr",
    "Graph",
    "Node",
    "Shape",
    "State",
    "TensorType",
    "Value",
    "broadcast",
    "close",
    "divide_exactly",
    "dtype_of",
    "live_nodes",
    "product",
    "promote",
    "show_shape",
    "substitute",
    "symbol",
    "symbols_of",
    "unify",
]
