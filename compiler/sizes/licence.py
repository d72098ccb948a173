"""Whether a loop does the same for every length, as far as its source tells.

A loop whose iterations are one body in the graphs seen may still count them in Python (``if t > 100: ...``): then it is
one body up to there only. A loop has a licence if its source rules that out: nothing that changes from iteration to
iteration decides what Python does, neither in the loop nor in the functions it calls nor after it. Values of tensors
may decide: a look at one is part of the path.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from types import CodeType, FunctionType, ModuleType

from ..location import in_house
from ..source import Span, span_at, span_of
from .observed import Pinned, Site
from .source import Function, Loop, around, function_of, loop_at

__all__ = ["Licence"]

_HARMLESS = {
    "range", "len", "enumerate", "zip", "reversed", "iter", "print", "isinstance", "super", "float", "int", "list",
    "tuple", "dict", "append", "extend", "items", "keys", "values", "next",
}  # fmt: skip
"""What may be called with numbers that count, and gives numbers that still count or nothing at all."""
_STEADY = {
    "isinstance",
    "hasattr",
    "callable",
    "len",
    "dim",
    "size",
    "numel",
    "is_grad_enabled",
    "range",
}
"""What gives the same as long as its arguments are the same."""
_MUTATORS = {
    "append", "extend", "insert", "add", "update", "pop", "popitem", "popleft", "appendleft", "remove", "discard",
    "clear", "setdefault", "sort", "reverse",
}  # fmt: skip
CALL = "__call__"
_LINEAR = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_NEVER: dict[type[ast.AST], str] = {
    ast.While: "while", ast.Try: "try", ast.Match: "match", ast.Global: "global", ast.Nonlocal: "nonlocal",
    ast.ClassDef: "class", ast.FunctionDef: "def", ast.AsyncFunctionDef: "async def", ast.Lambda: "lambda",
    ast.Await: "await", ast.AsyncFor: "async for", ast.AsyncWith: "async with", ast.Break: "break",
    ast.Continue: "continue", ast.Raise: "raise",
}  # fmt: skip
"""What makes it hard to say what a loop does."""


class Licence:
    """Gives licences to the loops of one run.

    Args:
        ran: the code of all the functions that ran.
        computed: the instructions at which operations on tensors were called.
    """

    def __init__(self, ran: Iterable[CodeType], computed: Iterable[Site]) -> None:
        self._ran = [code for code in ran if not in_house[code.co_filename]]
        self._computed: dict[CodeType, set[Span]] = {}
        for code, lasti in computed:
            span = span_at(code, lasti)
            if span is not None:
                self._computed.setdefault(code, set()).add(span)

    def __call__(self, pin: Pinned) -> str | None:
        """Why the loop that a size is the length of has no licence; None where it has one."""
        code, lasti = pin.site
        loop = loop_at(code, lasti)
        if loop is None:
            return "the source of the loop is not to be had"
        others = [c for c in self._ran if c is not code and c not in pin.callers]
        try:
            self._loop(pin, code, loop, others)
        except _Unlicensed as reason:
            return str(reason)
        return None

    def _loop(self, pin: Pinned, code: CodeType, loop: Loop, others: Sequence[CodeType]) -> None:
        reader = _Reader(code, self._spans_of_file(code), _changing([loop]))
        # What a comprehension iterates over first, the function around it computes.
        outside = None if isinstance(loop, ast.For) else loop.generators[0].iter
        reader.known_names(loop, outside)
        reader.read(loop)
        for node in around(code, loop):
            reader.after(node)
        known = {other.co_name for other in others}
        for call in reader.calls:
            if not self._is_known(call, code, pin, known):
                name = ast.unparse(call.func)
                raise _Unlicensed(f"it calls {name}, whose source was not seen", code, call)
        if reader.calls:
            for other in others:
                self._function(other)

    def _is_known(self, call: ast.Call, code: CodeType, pin: Pinned, known: set[str]) -> bool:
        """Whether what is called is among the functions that ran, or is the house's."""
        parts = _dotted(call.func)
        if parts and parts[0] in code.co_names and parts[0] in pin.scope:
            found = pin.scope[parts[0]]
            for part in parts[1:]:
                found = getattr(found, part, None) if isinstance(found, ModuleType) else None
            kind = type(found)
            function = found if kind is FunctionType else getattr(kind, CALL, None)
            inner = getattr(function, "__code__", None)
            return inner is not None and (in_house[inner.co_filename] or inner in self._ran)
        return _called(call) in known or bool(known & {"forward", CALL})

    def _function(self, code: CodeType) -> None:
        function = function_of(code)
        if code.co_name.startswith("<") and code.co_name != "<lambda>":
            return  # A comprehension is read with the function around it.
        if function is None:
            raise _Unlicensed(f"the source of {code.co_name} is not to be had", code, None)
        body: list[ast.AST] = (
            list(function.body) if isinstance(function.body, list) else [function.body]
        )
        changing = _changing(body) | _parameters(function)
        reader = _Reader(code, self._spans_of_file(code), changing)
        for statement in body:
            reader.known_names(statement)
            reader.read(statement)

    def _spans_of_file(self, code: CodeType) -> set[Span]:
        """Where tensors were computed with: comprehensions have code of their own."""
        found: set[Span] = set()
        for other, spans in self._computed.items():
            if other.co_filename == code.co_filename:
                found |= spans
        return found


class _Unlicensed(Exception):
    def __init__(self, reason: str, code: CodeType, node: ast.AST | None) -> None:
        line = getattr(node, "lineno", None)
        where = f" ({code.co_filename}:{line})" if line is not None else ""
        super().__init__(reason + where)


class _Reader:
    """Reads what one function does with what changes from iteration to iteration.

    Attributes:
        calls: calls of functions that are not known to be harmless, and made no operation themselves.
    """

    def __init__(self, code: CodeType, computed: set[Span], changing: set[str]) -> None:
        self.code = code
        self.computed = computed
        self.changing = changing
        self.calls: list[ast.Call] = []

    def refuse(self, reason: str, node: ast.AST) -> _Unlicensed:
        return _Unlicensed(reason, self.code, node)

    def known_names(self, node: ast.AST, outside: ast.AST | None = None) -> None:
        """Raises: _Unlicensed: the source has names that the code has not: the file was changed since."""
        own = {
            *self.code.co_names, *self.code.co_varnames, *self.code.co_freevars, *self.code.co_cellvars,
        }  # fmt: skip
        for inner in self.code.co_consts:
            if isinstance(inner, CodeType):
                own |= {*inner.co_names, *inner.co_varnames, *inner.co_freevars}
        apart = set(ast.walk(outside)) if outside is not None else set()
        for name in ast.walk(node):
            if isinstance(name, ast.Name) and name.id not in own and name not in apart:
                raise self.refuse("its source is not the one that runs", node)

    # --- what changes ---

    def changes(self, node: ast.AST) -> bool:
        """Whether an expression depends on what changes, other than through a tensor's value."""
        if self.is_tensor(node):
            return False
        if isinstance(node, ast.Name):
            return node.id in self.changing
        if isinstance(node, ast.Attribute):
            return f".{node.attr}" in self.changing or self.changes(node.value)
        if isinstance(node, ast.Call) and _called(node) not in _STEADY:
            return True
        return any(map(self.changes, ast.iter_child_nodes(node)))

    def is_tensor(self, node: ast.AST) -> bool:
        """Whether an operation was recorded at exactly this expression."""
        return isinstance(node, ast.expr) and span_of(node) in self.computed

    # --- inside the loop ---

    def read(self, node: ast.AST) -> None:
        """Raises: _Unlicensed: something that changes decides what Python does."""
        said = _NEVER.get(type(node))
        if said is not None:
            raise self.refuse(f"there is a {said} in it", node)
        if isinstance(node, (ast.If, ast.IfExp, ast.Assert)):
            self._test(node.test)
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                self._test(condition)
        elif isinstance(node, (ast.Compare, ast.BoolOp)):
            if not self.is_tensor(node):
                self._test(node)
        elif isinstance(node, ast.BinOp):
            if not isinstance(node.op, _LINEAR) and not self.is_tensor(node) and self.changes(node):
                raise self.refuse("it computes with a number that counts", node)
        elif isinstance(node, ast.AugAssign):
            if not isinstance(node.op, _LINEAR):
                raise self.refuse("it computes with a number that counts", node)
        elif isinstance(node, ast.Subscript):
            self._subscript(node)
        elif isinstance(node, ast.Call):
            self._call(node)
        for child in ast.iter_child_nodes(node):
            self.read(child)

    def _test(self, test: ast.expr) -> None:
        if isinstance(test, ast.BoolOp):
            for part in test.values:
                self._test(part)
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self._test(test.operand)
        elif not _is_none(test) and self.changes(test):
            raise self.refuse("a test in it depends on what changes in the loop", test)

    def _subscript(self, node: ast.Subscript) -> None:
        if not self.is_tensor(node) and not _is_store(node) and self.changes(node.slice):
            raise self.refuse("something is looked up by a number that counts", node)

    def _call(self, node: ast.Call) -> None:
        if self.is_tensor(node):
            return
        name = _called(node)
        if name not in _HARMLESS:
            self.calls.append(node)
        elif name == "len" and any(map(self.changes, node.args)) and not self._is_header(node):
            raise self.refuse("it takes the length of what grows in the loop", node)

    def _is_header(self, node: ast.Call) -> bool:
        return any(isinstance(n, (ast.For, ast.comprehension)) for n in self._parents(node))

    def _parents(self, node: ast.AST) -> Iterable[ast.AST]:
        # A call in a header stands below the loop without a statement in between.
        for parent in around(self.code, node):
            if isinstance(parent, ast.stmt) and not isinstance(parent, ast.For):
                return
            yield parent
            if isinstance(parent, ast.For):
                return

    # --- after the loop ---

    def after(self, node: ast.AST) -> None:
        """Raises: _Unlicensed: something that the loop changes decides what Python does around or after it."""
        for child in ast.walk(node):
            test = getattr(child, "test", None)
            if isinstance(test, ast.expr):
                self._test(test)
            elif isinstance(child, ast.Compare) and not self.is_tensor(child):
                self._test(child)
            elif isinstance(child, ast.Call) and _called(child) == "len":
                if any(map(self.changes, child.args)) and not self._is_header(child):
                    raise self.refuse("the length of what grows in it is taken", child)
            elif isinstance(child, ast.Subscript):
                self._subscript(child)


def _changing(nodes: Collection[ast.AST]) -> set[str]:
    """Names that are assigned, or whose elements are; attributes, with a dot in front."""
    found: set[str] = set()
    for root in nodes:
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
                found.add(f".{node.attr}")
            elif isinstance(node, ast.Subscript) and _is_store(node):
                found |= _roots(node.value)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _MUTATORS
            ):
                found |= _roots(node.func.value)
    return found


def _roots(node: ast.expr) -> set[str]:
    """The variable that an expression starts from, or its last attribute."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        return {node.id}
    return {f".{node.attr}"} if isinstance(node, ast.Attribute) else set()


def _parameters(function: Function) -> set[str]:
    if isinstance(function, ast.Module):
        return set()
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    every += [a for a in (args.vararg, args.kwarg) if a is not None]
    return {a.arg for a in every} - {"self"}


def _is_store(node: ast.Subscript) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))


def _is_none(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and all(isinstance(op, (ast.Is, ast.IsNot)) for op in test.ops)
        and all(isinstance(c, ast.Constant) and c.value is None for c in test.comparators)
    )


def _called(node: ast.Call) -> str:
    """The last name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _dotted(node: ast.expr) -> list[str]:
    """``a.b.c`` as its parts; none for other expressions."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []
