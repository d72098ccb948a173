"""bifront: two frontends, one graph.

``import bifront.static as tf`` is TensorFlow 1's way of writing programs, ``import bifront.imperative as torch`` is
PyTorch's; both build the graphs of this package, and one executor runs them. ``import bifront.tf2 as tf`` is
TensorFlow 2's answer to both, as a third small face.
"""

from .compiler import pipeline
from .compiler.autodiff import gradients, jvp, specialize, vjp
from .compiler.errors import (
    AttributeValueError,
    BackendError,
    BifrontError,
    DivisionByZero,
    DTypeError,
    EngineMissing,
    FeedError,
    FetchError,
    GradientError,
    GraphError,
    IndexOutOfRange,
    InPlaceError,
    MissingNameError,
    Place,
    ShapeError,
    StateError,
    TextError,
)
from .compiler.ir import DType, Graph, Node, State, TensorType, Value
from .compiler.ir.diff import diff, same
from .compiler.ir.verify import verify
from .compiler.pictures import draw
from .compiler.text import parse
from .frontends.imperative.compiling import compile as compile_function
from .frontends.imperative.trace import trace
from .frontends.static.closing import graph_of
from .frontends.tf2.function import function
from .runtime.executable import Executable, compile
from .tracebacks import hide_house_frames, install

__version__ = "0.1.0"

__all__ = [
    "AttributeValueError",
    "BackendError",
    "BifrontError",
    "DType",
    "DTypeError",
    "DivisionByZero",
    "EngineMissing",
    "Executable",
    "FeedError",
    "FetchError",
    "GradientError",
    "Graph",
    "GraphError",
    "InPlaceError",
    "IndexOutOfRange",
    "MissingNameError",
    "Node",
    "Place",
    "ShapeError",
    "State",
    "StateError",
    "TensorType",
    "TextError",
    "Value",
    "compile",
    "compile_function",
    "diff",
    "draw",
    "function",
    "gradients",
    "graph_of",
    "hide_house_frames",
    "jvp",
    "parse",
    "pipeline",
    "same",
    "specialize",
    "trace",
    "verify",
    "vjp",
]

install()
