"""The command line: ``bifront compare | draw | show | run``."""

from .main import main

__all__ = ["main"]
