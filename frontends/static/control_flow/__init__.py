"""Branches and loops, written as functions: `cond`, `case`, `while_loop`, `scan` and their kind."""
