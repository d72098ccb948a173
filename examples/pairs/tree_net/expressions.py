"""Parse trees of real expressions: those in the sources of a few modules of Python's own library.

A tree is taken apart into its shape and its leaves. ``a < b`` parses as ``Compare(Name, Lt, Name)``; with the kind of
a node before its parts, two by two, it is ``(((Compare, Name), Lt), Name)``: the shape ``(((0, 1), 2), 3)`` over the
leaves ``[Compare, Name, Lt, Name]``.
"""

import argparse
import ast
import inspect
import json.decoder
import textwrap

import numpy as np

MODULES = (argparse, ast, inspect, json.decoder, textwrap)
KINDS = sorted(
    name
    for name, kind in vars(ast).items()
    if isinstance(kind, type)
    and issubclass(kind, (ast.expr, ast.operator, ast.cmpop, ast.boolop, ast.unaryop))
)
LARGEST = 6


def tree(node):
    """The tree of an expression: a leaf is the number of a kind of node, anything else is a pair."""
    found = KINDS.index(type(node).__name__)
    for part in ast.iter_child_nodes(node):
        if type(part).__name__ in KINDS:
            found = (found, tree(part))
    return found


def taken_apart(found, leaves):
    """The shape of a tree; its leaves are appended to a list."""
    if isinstance(found, tuple):
        return tuple(taken_apart(part, leaves) for part in found)
    leaves.append(found)
    return len(leaves) - 1


def load():
    """Expressions to train with and to test with: (shape, leaves, whether it is a condition)."""
    examples = []
    for module in MODULES:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, (ast.If, ast.While, ast.IfExp)):
                expression, condition = node.test, 1
            elif isinstance(node, (ast.Assign, ast.Return)) and node.value is not None:
                expression, condition = node.value, 0
            else:
                continue
            leaves = []
            shape = taken_apart(tree(expression), leaves)
            if 1 < len(leaves) <= LARGEST:
                examples.append((shape, np.array(leaves), np.array([condition])))
    order = np.random.default_rng(0).permutation(len(examples))
    test = len(examples) // 5
    return [examples[i] for i in order[test:]], [examples[i] for i in order[:test]]
