"""Debuggers at work on programs of both styles."""
