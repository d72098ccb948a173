"""Where in the user's program a value was made.

Capturing a location must cost next to nothing, so an eager value only keeps the code object and the instruction offset
(`caller`). `Location` turns the pair into file, line and column span when somebody asks.
"""

from __future__ import annotations

import contextlib
import linecache
import sys
from pathlib import Path
from types import CodeType, FrameType

from .source import position_at

_COMPILER = Path(__file__).parent
_ABOVE = _COMPILER.parent
_FACE = _ABOVE if _ABOVE.name == "bifront" else _ABOVE / "bifront"
_HOUSE = (
    *tuple(
        f"{folder}{sep}"
        for folder in (_COMPILER, _ABOVE / "runtime", _ABOVE / "frontends", _FACE)
        for sep in ("/", "\\")
    ),
    contextlib.__file__,
)


class _HouseFiles(dict[str, bool]):
    """Whether a file name belongs to bifront; asked once for each. A string knows its hash, a code object does not."""

    def __missing__(self, file: str) -> bool:
        inside = self[file] = file.startswith(_HOUSE)
        return inside


in_house = _HouseFiles()


def caller(depth: int = 1) -> tuple[CodeType, int]:
    """Code object and instruction offset of the nearest frame outside bifront.

    Args:
        depth: how many frames above the caller of this function the search starts.
    """
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None and in_house[frame.f_code.co_filename]:
        frame = frame.f_back
    if frame is None:
        frame = sys._getframe(depth + 1)
    return frame.f_code, frame.f_lasti


class Location:
    """A span of the user's source: file, line, columns (1-based) and the name scope around it."""

    __slots__ = ("_code", "_lasti", "_span", "file", "scope")

    def __init__(
        self, file: str, span: tuple[int, int, int, int] | None = None, scope: str = ""
    ) -> None:
        self.file = file
        self.scope = scope
        self._span = span
        self._code: CodeType | None = None
        self._lasti = -1

    @classmethod
    def of_code(cls, code: CodeType, lasti: int, scope: str = "") -> Location:
        """The location of one instruction; the line table is only read when the line is asked for."""
        self = cls(code.co_filename, None, scope)
        self._code = code
        self._lasti = lasti
        return self

    @classmethod
    def here(cls, depth: int = 1, scope: str = "") -> Location:
        """The nearest user line above the caller."""
        return cls.of_code(*caller(depth + 1), scope)

    @classmethod
    def at(
        cls, file: str, line: int, column: int = 1, end_column: int | None = None, scope: str = ""
    ) -> Location:
        """A location whose line is already known (one that was read from text)."""
        return cls(file, (line, line, column, end_column or column), scope)

    @property
    def instruction(self) -> tuple[CodeType, int] | None:
        """Code object and instruction offset, where the location was captured from running code."""
        return (self._code, self._lasti) if self._code is not None else None

    @property
    def span(self) -> tuple[int, int, int, int]:
        """(first line, last line, first column, one past the last column), all 1-based."""
        if self._span is None:
            self._span = _span_of(self._code, self._lasti) if self._code else (0, 0, 1, 1)
        return self._span

    @property
    def line(self) -> int:
        return self.span[0]

    @property
    def column(self) -> int:
        return self.span[2]

    @property
    def source(self) -> str:
        """The text of the line, or an empty string where the source is not to be had."""
        try:
            return linecache.getline(self.file, self.line).rstrip("\n")
        except ValueError:  # a name, read from text, that no file can have
            return ""

    def render(self, label: str = "", source: bool = True) -> str:
        """``file:line:column: label``, and below it the source line, and a caret line under the span."""
        line, last, column, end = self.span
        head = f"  {self.file}:{line}:{column}" + (f": {label}" if label else "")
        text = self.source if source else ""
        if not text:
            return head
        if last != line or end <= column:
            end = len(text) + 1
        margin = len(text) - len(text.lstrip())
        carets = " " * max(column - 1 - margin, 0) + "^" * max(min(end, len(text) + 1) - column, 1)
        return f"{head}\n      {text.strip()}\n      {carets}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def __repr__(self) -> str:
        return f"Location({self.file!r}, line={self.line}, column={self.column})"


def _span_of(code: CodeType, lasti: int) -> tuple[int, int, int, int]:
    line, last, column, end = position_at(code, lasti) or (None,) * 4
    start = line if line is not None else code.co_firstlineno
    text = linecache.getline(code.co_filename, start)
    first = _characters(text, column) + 1 if column is not None else 1
    final = linecache.getline(code.co_filename, last) if last and last != start else text
    past = _characters(final, end) + 1 if end is not None else first
    return start, last or start, first, past


def _characters(text: str, byte_offset: int) -> int:
    """Python's column tables count UTF-8 bytes; people count characters."""
    return len(text.encode()[:byte_offset].decode(errors="replace"))
