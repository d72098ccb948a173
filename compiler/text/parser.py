"""Text to graph: Lark reads the grammar, this module looks up names and checks types.

Nothing in the text is executed or evaluated, and whatever the text is, the answer is a graph or a `TextError`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from ..control import REGISTRY
from ..errors import BifrontError, TextError
from ..ir import Graph, Node, State, TensorType, Value
from ..ir.verify import agree, inferred
from ..ops import Op
from .literals import show_type
from .syntax import Binding, Complaint, Sheet, Statement, Syntax, nearest, text_of

EXPECTED = {
    "ATTRIBUTE": "the name of an attribute",
    "BYTES": 'base64"..."',
    "DTYPE": "an element type such as f32",
    "FLOAT": "a number",
    "INT": "a number",
    "LOCATION": 'a location such as @ "train.py":12:5',
    "MINUS": '"-"',
    "NAME": "a name",
    "OPERATION": "the name of an operation",
    "OPERATOR": "an operator",
    "OVER": '"//"',
    "PLUS": '"+"',
    "STRING": "a string in double quotes",
    "SYMBOL": "a symbol",
    "TIMES": '"*"',
    "VALUE": "a value such as %x",
    "WORD": "a name",
    "_GRAPH": '"graph"',
    "$END": "the end of the text",
}
"""What the grammar's terminals are called in errors; the others stand for themselves."""
OPERATORS = {"MINUS", "OVER", "PLUS", "TIMES"}
SHOWN = 110
"""Of a longer line, errors show so many characters."""


def parse(text: str, file: str = "<text>") -> Graph:
    """The graph that a text describes; the inverse of `print_graph`.

    Nodes keep their order, and dead ones are kept. Types are checked against those that the operations infer.

    Args:
        text: the text IR.
        file: what errors call the text.

    Raises:
        TextError: it is not a graph; the message has line, column and caret and says what was expected.
    """
    try:
        sheet = _lark().parse(text)
        assert isinstance(sheet, Sheet)
        return _graph(sheet)
    except Complaint as complaint:
        line, column = complaint.token.line or 1, complaint.token.column or 1
        answer, hint = complaint.answer, complaint.hint
    except UnexpectedInput as error:
        line, column, answer, hint = _unexpected(error, text)
    shown = _show(text, file, line, column)
    raise TextError(answer, line=line, column=column, shown=shown, hint=hint) from None


@cache
def _lark() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=Syntax())


# --- names and types ---


def _graph(sheet: Sheet) -> Graph:
    scope = _Scope()
    inputs = [scope.bind(b) for b in sheet.inputs]
    read = {}
    slots: dict[str, Value] = {}
    for slot in sheet.slots:
        read[slot.binding.name] = value = scope.bind(slot.binding)
        name = text_of(slot.slot)
        if name in slots:
            raise Complaint(slot.slot, f"two states have the slot {slot.slot}")
        slots[name] = value
    nodes = [_node(statement, scope) for statement in sheet.statements]
    outputs = [scope.find(name) for name in sheet.outputs]
    written: dict[Value, Value] = {}
    for name, result in sheet.writes:
        value, new = scope.find(name), scope.find(result)
        if name not in read:
            raise Complaint(name, f"{name} is not a state", "only a state can be written")
        if value in written:
            raise Complaint(name, f"the state {name} is written twice")
        if new.type != value.type:
            raise Complaint(
                result,
                f"the state {name} is {show_type(value.type)}, {result} is {show_type(new.type)}",
            )
        written[value] = new
    states = [State(slot, value, written.get(value, value)) for slot, value in slots.items()]
    title = text_of(sheet.name) if sheet.name.startswith('"') else str(sheet.name)
    return Graph(title, tuple(inputs), tuple(states), tuple(nodes), tuple(outputs))


class _Scope:
    """The values of one graph by name. A region has a scope of its own: it is closed."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.first: dict[str, int | None] = {}

    def bind(self, binding: Binding, value: Value | None = None) -> Value:
        """Give a name to a value; without one, to a new value that no node makes."""
        name = binding.name
        if name in self.values:
            raise Complaint(name, f"{name} is defined already, on line {self.first[name]}")
        hint = "" if name[1:].isdecimal() else str(name[1:])
        if value is None:
            value = Value(binding.type, hint=hint, location=binding.location)
        else:
            value.hint = hint
        self.values[name] = value
        self.first[name] = name.line
        return value

    def find(self, name: Token) -> Value:
        if name not in self.values:
            hint = nearest(name, list(self.values))
            raise Complaint(name, f"{name} is not defined here", hint)
        return self.values[name]


def _node(statement: Statement, scope: _Scope) -> Node:
    op = REGISTRY.get(statement.op)
    if op is None:
        hint = nearest(statement.op, list(REGISTRY))
        raise Complaint(statement.op, f"there is no operation {statement.op}", hint)
    operands = [scope.find(name) for name in statement.operands]
    attrs = {}
    for name, attr in statement.attrs:
        if name in attrs:
            raise Complaint(name, f"the attribute {name} is given twice")
        attrs[str(name)] = attr
    regions = [_graph(region) for region in statement.regions]
    types = [b.type for b in statement.results]
    node = Node(op, operands, attrs, types, statement.location, regions)
    _check(statement, node)
    for binding, value in zip(statement.results, node.outputs, strict=True):
        scope.bind(binding, value)
    return node


def _check(statement: Statement, node: Node) -> None:
    """Hold a node against its operation's rules."""
    required, optional, arity = _signature(node.op)
    if required is not None:
        for name, _ in statement.attrs:
            if name not in required | optional:
                known = sorted(required | optional)
                has = f"it has {', '.join(known)}" if known else "it has none"
                hint = nearest(name, known) or has
                raise Complaint(name, f"{node.op.name} has no attribute {name}", hint)
        missing = sorted(required - node.attrs.keys())
        if missing:
            raise Complaint(
                statement.op, f"{node.op.name} needs {' and '.join(missing)} in {{...}}"
            )
    given = len(node.inputs) + len(node.regions)
    if arity is not None and given != arity:
        raise Complaint(statement.op, f"{node.op.name} takes {arity} operands, {given} are given")
    try:
        types = inferred(node)
    except BifrontError as error:
        raise Complaint(statement.op, f"{node.op.name}: {error.answer}", error.hint) from None
    except Exception as error:  # attributes of a kind that the operation's rules do not foresee
        raise Complaint(statement.op, f"{node.op.name} does not take this: {error}") from None
    if not agree(node, types):
        _disagree(statement, node, types)


def _disagree(statement: Statement, node: Node, types: Sequence[TensorType]) -> None:
    name = node.op.name
    if len(types) != len(node.outputs):
        raise Complaint(
            statement.op, f"{name} gives {len(types)} values, {len(node.outputs)} are named"
        )
    wrong = [b for b, t in zip(statement.results, types, strict=True) if b.type != t]
    binding = wrong[0]
    found = show_type(types[statement.results.index(binding)])
    raise Complaint(
        binding.name,
        f"{binding.name} is written as {show_type(binding.type)}, {name} gives {found}",
        f"write {binding.name}: {found}",
    )


@cache
def _signature(op: Op) -> tuple[set[str] | None, set[str], int | None]:
    """Required and optional attributes (None: any) and the number of operands (None: any)."""
    parameters = inspect.signature(op.infer).parameters.values()
    named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    required = {p.name for p in named if p.default is p.empty}
    optional = {p.name for p in named} - required
    kinds = {p.kind for p in parameters}
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    fixed = inspect.Parameter.VAR_POSITIONAL not in kinds
    fixed = fixed and all(p.default is p.empty for p in positional)
    open_ = inspect.Parameter.VAR_KEYWORD in kinds
    return None if open_ else required, optional, len(positional) if fixed else None


# --- errors ---


def _unexpected(error: UnexpectedInput, text: str) -> tuple[int, int, str, str | None]:
    """Line, column, answer and hint for text that the grammar does not have."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        lines = text.split("\n")
        line, column, found = len(lines), len(lines[-1]) + 1, ""
    elif isinstance(error, UnexpectedToken):
        line, column, found = error.token.line or 1, error.token.column or 1, str(error.token)
    else:
        assert isinstance(error, UnexpectedCharacters)
        line, column = error.line, error.column
        rest = text.split("\n")[line - 1][column - 1 :]
        if rest.startswith(('"', '$"', 'base64"')):
            return line, column, "this string has no end on its line", 'close it with "'
        found = rest[:1]
    names = error.interactive_parser.accepts()  # type: ignore[no-untyped-call]
    names = names - OPERATORS | {"OPERATOR"} if names >= OPERATORS else names
    words = sorted({_word(name) for name in names})
    wanted = " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
    hint = nearest(found, [w.strip('"') for w in words if w.strip('"').isidentifier()])
    return line, column, f"expected {wanted}, found {_clip(found)}", hint


def _word(name: str) -> str:
    if name in EXPECTED:
        return EXPECTED[name]
    return next(f'"{t.pattern.value}"' for t in _lark().terminals if t.name == name)


def _clip(found: str) -> str:
    if not found:
        return "the end of the text"
    short = found if len(found) <= 20 else f"{found[:20]}..."
    return f'"{short}"' if '"' not in short else short


def _show(text: str, file: str, line: int, column: int) -> str:
    """The line with a caret under the column; of a long line, the part around it."""
    lines = text.split("\n")
    full = lines[line - 1] if line <= len(lines) else ""
    first = max(column - 61, 0) if len(full) > SHOWN else 0
    part = full[first : first + SHOWN]
    margin = len(part) - len(part.lstrip())
    part = "".join(c if c.isprintable() else " " for c in part)
    caret = " " * (column - 1 - first - margin) + "^"
    return f"{file}:{line}:{column}\n      {part.strip()}\n      {caret}"
