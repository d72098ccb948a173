"""Compiling plain Python: what a run of a function did, read and showed, and the guarded graphs made of it."""
