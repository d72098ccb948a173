"""Passes: functions from graph to graph."""

from .finishing import finish
from .layouts import merge_transposes

__all__ = ["finish", "merge_transposes"]
