"""Compiling plain Python: what a run of a function did, read and showed, and the guarded graphs made of it."""

from .compile import compile
from .function import CompiledFunction
from .module import OptimizedModule

__all__ = ["CompiledFunction", "OptimizedModule", "compile"]
