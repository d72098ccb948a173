"""Stepping through programs of the declarative style: by node or by line, forwards and backwards."""

from .api import Debugging, debug
from .debugger import Debugger, DebuggerQuit, prompting

__all__ = ["Debugger", "DebuggerQuit", "Debugging", "debug", "prompting"]
