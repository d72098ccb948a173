"""The command line: ``bifront compare | draw | explain | profile | debug | show | run``."""

from .main import main

__all__ = ["main"]
