"""What a program costs its author: lines, names to know, lines that compute nothing, blocks in blocks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

ARRANGING = {
    "static": {
        "placeholder", "Session", "InteractiveSession", "global_variables_initializer",
        "initialize_all_variables", "local_variables_initializer", "reset_default_graph",
        "get_default_graph", "variable_scope", "name_scope", "Graph", "as_default", "device",
        "control_dependencies", "group", "no_op", "ConfigProto", "set_random_seed", "close",
        "run", "get_collection", "trainable_variables", "add_to_collection", "app.run",
    },
    "imperative": {
        "zero_grad", "Module", "__init__", "no_grad", "enable_grad", "set_grad_enabled", "train",
        "eval", "manual_seed", "detach", "item", "numpy", "to", "cpu", "cuda", "device",
        "requires_grad_", "from_numpy", "tolist", "DataLoader", "TensorDataset", "Parameter",
    },
    "tf2": {
        "GradientTape", "watch", "stop_recording", "watched_variables", "function", "TensorSpec",
        "get_concrete_function", "Module", "__init__", "trainable_variables", "set_seed", "numpy",
        "read_value", "control_dependencies", "group", "no_op", "device", "name_scope",
        "convert_to_tensor",
    },
}  # fmt: skip
"""Names that only arrange a computation. A line whose names all stand here computes nothing: it is ceremony."""


@dataclass(frozen=True, slots=True)
class Ergonomics:
    """Figures of one source file.

    Attributes:
        style: ``static``, ``tf2`` or ``imperative``, by what the file imports.
        lines: logical lines (statements), docstrings not counted.
        names: distinct names of the frontend's API.
        ceremony: logical lines that only arrange: imports of the frontend, sessions, placeholders, feeds; module
            boilerplate, gradient bookkeeping.
        nesting: how many blocks (functions, classes, loops, branches, ``with``) stand around the deepest line.
    """

    style: str
    lines: int
    names: int
    ceremony: int
    nesting: int


def measure(
    source: str, style: str | None = None, modules: Mapping[str, str] | None = None
) -> Ergonomics:
    """Figures of a program, from its text alone.

    Args:
        source: its text.
        style: of the program, where it imports nothing that would tell.
        modules: names under which it knows parts of the frontend besides those that it imports, and which parts.

    Raises:
        SyntaxError: the text is no program.
    """
    tree = ast.parse(source)
    aliases = {**(modules or {}), **_aliases(tree)}
    style = style or _style(tree)
    names: set[str] = set()
    lines = ceremony = nesting = 0
    for statement, depth in _statements(tree):
        lines += 1
        nesting = max(nesting, depth)
        used = set(_api_names(statement, aliases))
        names |= used
        imports = isinstance(statement, (ast.Import, ast.ImportFrom)) and _imports_bifront(
            statement
        )
        if imports or (used and all(arranges(name, style) for name in used)):
            ceremony += 1
    return Ergonomics(style, lines, len(names), ceremony, nesting)


def vocabulary(source: str) -> frozenset[str]:
    """The distinct names of the frontend's API that a program uses; ``measure(source).names`` of them."""
    tree = ast.parse(source)
    aliases = _aliases(tree)
    return frozenset(
        name for statement, _ in _statements(tree) for name in _api_names(statement, aliases)
    )


def arranges(name: str, style: str) -> bool:
    """Whether a name of a style's API only arranges a computation and computes nothing itself."""
    return name in ARRANGING[style] or name.split(".")[-1] in ARRANGING[style]


def _style(tree: ast.Module) -> str:
    modules = [
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in _imported(node)
    ]
    for style in ("static", "tf2"):
        if any(m.startswith(f"bifront.{style}") for m in modules):
            return style
    return "imperative"


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    return [f"{node.module}.{a.name}" for a in node.names]


def _imports_bifront(node: ast.Import | ast.ImportFrom) -> bool:
    return any(name.startswith("bifront") for name in _imported(node))


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Local names of the frontend's modules and of what was imported from them."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                if a.name.startswith("bifront"):
                    found[a.asname or a.name] = ".".join(a.name.split(".")[2:])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bifront"):
            for a in node.names:
                path = f"{node.module}.{a.name}".split(".")[2:]
                found[a.asname or a.name] = ".".join(path)
    return found


def _statements(tree: ast.AST, depth: int = 0) -> Iterator[tuple[ast.stmt, int]]:
    """The logical lines, and how many blocks stand around each. An ``elif`` is as deep as its ``if``."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.stmt):
            # Handlers, cases and expressions: no lines of their own, but lines may stand in them.
            yield from _statements(node, depth)
            continue
        own = depth - 1 if _is_elif(node, tree) else depth
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield node, own
        yield from _statements(node, own + 1)


def _is_elif(node: ast.stmt, parent: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(parent, ast.If)
        and parent.orelse == [node]
        and node.col_offset == parent.col_offset
    )


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without the statements nested in it."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.stmt))


def _api_names(statement: ast.stmt, aliases: dict[str, str]) -> Iterator[str]:
    """Dotted names below the frontend's modules, and methods called on values (``.backward()``)."""
    nodes = list(_own_nodes(statement))
    # `torch.nn.functional.relu` is one name, not four.
    inner = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            path = [node.attr]
            base = node.value
            while isinstance(base, ast.Attribute):
                path.insert(0, base.attr)
                base = base.value
            if isinstance(base, ast.Name) and base.id in aliases:
                yield ".".join([p for p in (aliases[base.id], *path) if p])
            elif isinstance(base, ast.Call) and path[-1] == "__init__":
                yield "__init__"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            while isinstance(base, ast.Attribute):
                base = base.value
            foreign = isinstance(base, ast.Name) and base.id not in aliases
            if not (isinstance(base, ast.Name) and base.id in aliases) and (
                not foreign or node.func.attr in _METHODS
            ):
                yield node.func.attr
        if isinstance(node, ast.Name) and "." in aliases.get(node.id, ""):
            yield aliases[node.id]


_METHODS = frozenset(
    [
        "backward",
        "step",
        "zero_grad",
        "item",
        "numpy",
        "detach",
        "parameters",
        "train",
        "eval",
        "run",
        "minimize",
        "argmax",
        "mean",
        "sum",
        "float",
        "long",
        "view",
        "reshape",
        "size",
        "to",
        "cpu",
        "assign",
        "compute_gradients",
        "apply_gradients",
    ]
)
"""Methods that tell a frontend's object from any other where only a variable's name is seen."""
