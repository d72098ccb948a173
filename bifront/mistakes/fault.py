"""The faulty line of a script: the statement that carries the comment ``# FAULT``."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from ..compiler.errors import BifrontError

MARK = re.compile(r"#\s*FAULT\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """The statement that a person would edit. A compound statement counts with its head alone.

    Attributes:
        script: the file, absolute.
        first, last: its lines, 1-based, both included.
    """

    script: Path
    first: int
    last: int

    def distance(self, line: int) -> int:
        """How many lines away a line of the same file is; 0 within the statement."""
        return max(self.first - line, line - self.last, 0)

    def mention(self, text: str) -> int | None:
        """Where in a text the faulty line is first named, by file and line; None where it is not."""
        file = re.escape(str(self.script))
        found = [
            match.start()
            for match in re.finditer(rf'{file}(?:", line |:)(\d+)', text)
            if self.first <= int(match.group(1)) <= self.last
        ]
        return min(found, default=None)


def find_fault(script: Path) -> Fault:
    """The faulty statement of a script.

    Raises:
        BifrontError: there is no such file, it is not Python, or not exactly one of its lines carries ``# FAULT``.
    """
    try:
        source = script.read_text(encoding="utf-8")
    except OSError as error:
        raise BifrontError(f"{script} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BifrontError(f"{script} is not text: {error.reason} at byte {error.start}") from None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        what = error.msg if isinstance(error, SyntaxError) else error
        raise BifrontError(f"{script} is not Python: {what}{where}") from None
    lines = [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and MARK.match(token.string)
    ]
    if len(lines) != 1:
        count = f"{len(lines)} lines" if lines else "no line"
        raise BifrontError(
            f"{count} of {script} carr{'y' if lines else 'ies'} the comment # FAULT",
            hint="put it at the end of the line that is to be edited, and of that line alone",
        )
    span = _statement(tree, lines[0])
    if span is None:
        raise BifrontError(
            f"the comment # FAULT stands at no statement in line {lines[0]} of {script}"
        )
    return Fault(script.resolve(), *span)


def _statement(tree: ast.Module, line: int) -> tuple[int, int] | None:
    """First and last line of the smallest statement around a line, of a compound statement's head."""
    best: tuple[int, int] | None = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        last = node.end_lineno or node.lineno
        body = getattr(node, "body", None)
        if body:
            last = max(node.lineno, body[0].lineno - 1)
        around = node.lineno <= line <= last
        if around and (best is None or last - node.lineno < best[1] - best[0]):
            best = node.lineno, last
    return best
