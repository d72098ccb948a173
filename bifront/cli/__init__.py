"""The command line: ``bifront compare | draw | explain | show | run``."""

from .main import main

__all__ = ["main"]
