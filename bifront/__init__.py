"""bifront: two frontends, one graph.

``import bifront.static as tf`` is TensorFlow 1's way of writing programs, ``import bifront.imperative as torch`` is
PyTorch's; both build the graphs of this package, and one executor runs them. ``import bifront.tf2 as tf`` is
TensorFlow 2's answer to both, as a third small face.
"""

from typing import TYPE_CHECKING

from .compiler.later import Later
from .prompts import provide_prompt
from .tracebacks import hide_house_frames, install

if TYPE_CHECKING:
    from .comparison.functions import compare
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
    from .compiler.text import parse
    from .debugger.api import debug
    from .frontends.imperative.compiling import compile as compile_function
    from .frontends.imperative.trace import trace
    from .frontends.static.closing import graph_of
    from .frontends.tf2.function import function
    from .insight.checking import check
    from .insight.drawing import draw
    from .insight.profiling import profile
    from .runtime.executable import Executable, compile, default_backend, using_backend
    from .threads import get_num_threads, set_num_threads

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
    "check",
    "compare",
    "compile",
    "compile_function",
    "debug",
    "default_backend",
    "diff",
    "draw",
    "function",
    "get_num_threads",
    "gradients",
    "graph_of",
    "hide_house_frames",
    "jvp",
    "parse",
    "pipeline",
    "profile",
    "same",
    "set_num_threads",
    "specialize",
    "trace",
    "using_backend",
    "verify",
    "vjp",
]


# A program that is written against one frontend starts without the others, and a command line without any.
_WHERE = {
    ".comparison.functions": ("compare",),
    ".compiler.autodiff": ("gradients", "jvp", "specialize", "vjp"),
    ".compiler.errors": (
        "AttributeValueError",
        "BackendError",
        "BifrontError",
        "DivisionByZero",
        "DTypeError",
        "EngineMissing",
        "FeedError",
        "FetchError",
        "GradientError",
        "GraphError",
        "IndexOutOfRange",
        "InPlaceError",
        "MissingNameError",
        "Place",
        "ShapeError",
        "StateError",
        "TextError",
    ),
    ".compiler.ir": ("DType", "Graph", "Node", "State", "TensorType", "Value"),
    ".compiler.ir.diff": ("diff", "same"),
    ".compiler.ir.verify": ("verify",),
    ".compiler.text": ("parse",),
    ".debugger.api": ("debug",),
    ".frontends.imperative.trace": ("trace",),
    ".frontends.static.closing": ("graph_of",),
    ".frontends.tf2.function": ("function",),
    ".insight.checking": ("check",),
    ".insight.drawing": ("draw",),
    ".insight.profiling": ("profile",),
    ".runtime.executable": ("Executable", "compile", "default_backend", "using_backend"),
    ".threads": ("get_num_threads", "set_num_threads"),
}
_later = Later(
    globals(),
    single={
        **{name: (module, name) for module, names in _WHERE.items() for name in names},
        "compile_function": (".frontends.imperative.compiling", "compile"),
        "pipeline": (".compiler.pipeline", ""),
    },
)
__getattr__ = _later.get


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


install()
provide_prompt()
