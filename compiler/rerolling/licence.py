"""Whether Python's own state plays a part in a loop.

A path shows what tensors did. A loop whose number of iterations a tensor decides may be made anew for other numbers
of them only if nothing else changes from iteration to iteration: no counter that is a Python number, no list that
grows, no `break` for another reason. That is read off the program's source, and where in doubt the loop stays unrolled.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..location import Location
from ..source import Span, span_of
from .source import Source, calls_itself, span

__all__ = ["Permit", "permit"]

_HARMLESS = {"abs", "bool", "float", "int", "isinstance", "len", "max", "min", "no_grad", "range"}
"""Calls that change nothing."""
_FORBIDDEN = (
    ast.AsyncFor, ast.AsyncWith, ast.Await, ast.ClassDef, ast.Delete, ast.FunctionDef, ast.Global, ast.Import,
    ast.ImportFrom, ast.Lambda, ast.Nonlocal, ast.Raise, ast.Try, ast.Yield, ast.YieldFrom,
)  # fmt: skip


class Permit(NamedTuple):
    """Whether a loop may run for another number of iterations.

    Attributes:
        reason: why not; None if it may.
        empty: whether it may make no iteration at all.
    """

    reason: str | None
    empty: bool


class _RefusedError(Exception):
    """The text says why."""


def permit(look: Location | None, goes_on: bool, sites: Sequence[Location]) -> Permit:
    """Whether only tensors decide what a loop does.

    Args:
        look: where the program looks at the value that decides whether the loop goes on.
        goes_on: the value for which it does.
        sites: where its iterations made nodes.
    """
    if look is None:
        return Permit("its source is not to be had", False)
    try:
        return Permit(None, _Reader(look, goes_on, sites).read())
    except _RefusedError as reason:
        return Permit(str(reason), False)


class _Reader:
    def __init__(self, look: Location, goes_on: bool, sites: Sequence[Location]) -> None:
        self.source = Source(sites)
        self.file = look.file
        self.goes_on = goes_on
        self.chain = self.source.around(look)
        where = span(look)
        if where is None or len(self.chain) < 2:
            raise _RefusedError("its source is not to be had")
        self.look: Span = where
        self._pure: set[ast.FunctionDef] = set()

    def read(self) -> bool:
        """Whether the loop may make no iteration; raises what speaks against making another number of them."""
        loop, function = self._loop()
        exit_at = self._exit(loop)
        body = [loop.test, *loop.body]
        self._harmless(self.file, body)
        stores = list(_stores(loop))
        fresh = _fresh(loop)
        for name, value in stores:
            if name not in fresh and not self._is_tensor(self.file, value, name, stores):
                raise _RefusedError(f"`{name}` changes from step to step and is no tensor")
        outside = _loaded(function) - _loaded_in(body)
        early = {n for s in loop.body[:exit_at] for n, _ in _stores(s)}
        read_later = {n.id for n in outside}
        late = {n for n, _ in stores if n in fresh and n not in early and n in read_later}
        twice = any(isinstance(s, ast.Assign) and len(s.targets) > 1 for s in ast.walk(loop))
        assigned = {n for n, _ in stores}
        constant = any(isinstance(v, ast.Name) and v.id not in assigned for _, v in stores)
        return not late and not twice and not constant

    def _loop(self) -> tuple[ast.While, ast.AST]:
        """The loop around the look, and the function (or the file) around the loop."""
        at = len(self.chain) - 1
        while not isinstance(self.chain[at], (ast.While, ast.For)):
            if (
                isinstance(self.chain[at], (ast.FunctionDef, ast.Lambda, ast.comprehension))
                or not at
            ):
                raise _RefusedError("the look at a value is not in the loop itself")
            at -= 1
        loop = self.chain[at]
        if isinstance(loop, ast.For):
            raise _RefusedError(
                "it is a `for` with an `if` on a tensor's value in it (write `while` if that ends the loop)"
            )
        assert isinstance(loop, ast.While)
        around = [n for n in self.chain[:at] if isinstance(n, (ast.FunctionDef, ast.Module))]
        return loop, around[-1]

    def _exit(self, loop: ast.While) -> int:
        """The statement with which the loop ends: 0 if its head decides, else the position after that of the ``if``."""
        if self.look == span_of(loop) or span_of(loop.test).holds(self.look):
            if not self._decides(loop, self.goes_on):
                raise _RefusedError("its head tests more than one value of a tensor")
            return 0
        for at, statement in enumerate(loop.body):
            if not span_of(statement).holds(self.look):
                continue
            leaves = (
                isinstance(statement, ast.If)
                and not statement.orelse
                and isinstance(statement.body[-1], (ast.Break, ast.Return))
                and self._decides(statement, not self.goes_on)
            )
            if not leaves:
                break
            return at + 1
        raise _RefusedError("it has an `if` on a tensor's value in it that does not end it")

    def _decides(self, statement: ast.While | ast.If, outcome: bool) -> bool:
        """Whether a test holds just when the look gives ``outcome``, all else being as it was."""
        test = statement.test
        if self.look == span_of(statement):  # where some versions of Python put the look
            while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                test, outcome = test.operand, not outcome
            return isinstance(test, (ast.Attribute, ast.Call, ast.Name, ast.Subscript)) and outcome
        while True:
            if span_of(test) == self.look and not isinstance(test, ast.UnaryOp):
                return outcome
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                # Python may negate the look, or jump the other way: it stands at the whole or at its operand.
                test, outcome = test.operand, not outcome
                if span_of(test) != self.look and not span_of(test).holds(self.look):
                    return outcome
            elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
                parts = [p for p in test.values if span_of(p).holds(self.look)]
                if len(parts) != 1:
                    return False
                test = parts[0]
            elif isinstance(test, ast.Call) and len(test.args) == 1:
                test = test.args[0]
            else:
                return False

    # ------------------------------------------------------------------------------------- effects

    def _harmless(self, file: str, nodes: Sequence[ast.AST]) -> None:
        """Raises unless all that changes is names."""
        for node in (n for top in nodes for n in ast.walk(top)):
            if isinstance(node, _FORBIDDEN):
                raise _RefusedError(f"there is a `{type(node).__name__.lower()}` in it")
            if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
                raise _RefusedError(f"it writes to `{ast.unparse(node)}`")
            if isinstance(node, ast.Call) and span_of(node) not in self.source.made.get(file, ()):
                self._callee(node)

    def _callee(self, call: ast.Call) -> list[tuple[str, ast.FunctionDef]]:
        """The user's functions that a call may run, which must be harmless too."""
        name = _called(call)
        if name in _HARMLESS:
            return []
        found = self.source.functions(name) or self.source.functions("forward")
        if not found:
            raise _RefusedError(f"it calls `{name}`, of which it is not known what it changes")
        for file, function in found:
            if function not in self._pure:
                self._pure.add(function)
                if calls_itself(function):
                    raise _RefusedError(f"it calls `{name}`, which calls itself")
                self._harmless(file, function.body)
        return found

    # ------------------------------------------------------------------------------------- names

    def _is_tensor(
        self,
        file: str,
        value: ast.expr | None,
        name: str,
        stores: list[tuple[str, ast.expr | None]],
    ) -> bool:
        """Whether what is assigned is a tensor, or made of tensors."""
        if value is None:
            return False
        if span_of(value) in self.source.made.get(file, ()):
            return True
        if isinstance(value, (ast.Tuple, ast.List)):
            return all(self._is_tensor(file, v, name, stores) for v in value.elts)
        if isinstance(value, ast.Name):
            others = [(n, v) for n, v in stores if n == value.id and n != name]
            rest = [(n, v) for n, v in stores if n != value.id]
            return all(self._is_tensor(file, v, n, rest) for n, v in others)
        at: int | None = None
        if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
            place = value.slice.value
            value, at = value.value, place if isinstance(place, int) else None
        if isinstance(value, ast.Call) and _called(value) not in _HARMLESS:
            results = [
                (where, r.value if at is None else _item(r.value, at), list(_stores(f)))
                for where, f in self._callee(value)
                for r in ast.walk(f)
                if isinstance(r, ast.Return)
            ]
            return bool(results) and all(self._is_tensor(p, v, "", s) for p, v, s in results)
        return False


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else "a function"


def _stores(top: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Names that are assigned, and what to; None where that is not one expression."""
    for node in ast.walk(top):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            # The sum has the place of the whole statement.
            yield node.target.id, ast.copy_location(ast.Constant(None), node)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name):
            yield node.target.id, node.value
        elif isinstance(node, ast.For):
            yield from _pairs(node.target, None)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield from _pairs(node.optional_vars, None)


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Starred):
        yield from _pairs(target.value, None)
    elif isinstance(target, (ast.Tuple, ast.List)):
        parts: Sequence[ast.expr | None] = [_item(value, i) for i in range(len(target.elts))]
        for part, piece in zip(target.elts, parts, strict=True):
            yield from _pairs(part, piece)


def _item(value: ast.expr | None, i: int) -> ast.expr | None:
    """One of the values that an expression is unpacked to; it stands where the expression does."""
    if value is None or isinstance(value, (ast.Tuple, ast.List)):
        return value.elts[i] if value is not None and i < len(value.elts) else None
    return ast.copy_location(ast.Subscript(value, ast.Constant(i), ast.Load()), value)


def _fresh(loop: ast.While) -> set[str]:
    """Names that every iteration assigns before it reads them."""
    read = {n.id for n in _loaded(loop.test)}
    fresh: set[str] = set()
    for statement in loop.body:
        early = statement.iter if isinstance(statement, ast.For) else statement
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            read.add(statement.target.id)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.For)):
            read |= {n.id for n in _loaded(early)} - fresh
            fresh |= {n for n, _ in _own_stores(statement)} - read
        read |= {n.id for n in _loaded(statement)} - fresh
    return fresh


def _own_stores(statement: ast.Assign | ast.AnnAssign | ast.For) -> Iterator[tuple[str, None]]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        for name, _ in _pairs(target, None):
            yield name, None


def _loaded(top: ast.AST) -> set[ast.Name]:
    return {n for n in ast.walk(top) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _loaded_in(nodes: Sequence[ast.AST]) -> set[ast.Name]:
    return {n for top in nodes for n in _loaded(top)}
