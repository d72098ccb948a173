"""Passes: functions from graph to graph."""

from .layouts import merge_transposes

__all__ = ["merge_transposes"]
