"""Errors whose first line is the answer, followed by the user's own lines.

Every error bifront raises on purpose is a `BifrontError`. Its text is, in this order: what went wrong, where (file,
line, caret), with which values, and what to do. The subclasses also derive from the built-in exceptions that
TensorFlow 1 and PyTorch raise for the same mistake, so that ``except ValueError`` in a program of theirs keeps working.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .location import Location


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the user's program that took part in an error, and the part it played."""

    label: str
    location: Location | None


class BifrontError(Exception):
    """Base of all errors of bifront.

    Args:
        answer: one sentence that says what is wrong, with the names, shapes and types involved.
        places: the user's lines involved, the guilty one first.
        hint: what to do about it.
    """

    def __init__(
        self, answer: str, *, places: Sequence[Place] = (), hint: str | None = None
    ) -> None:
        super().__init__(answer)
        self.answer = answer
        self.places = tuple(places)
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.answer]
        shown: set[object] = set()
        for place in self.places:
            if place.location is None:  # no line was kept: nothing is "here"
                parts.append(f"  {place.label.removesuffix(', made here')}")
                continue
            span = (place.location.file, place.location.span)
            parts.append(place.location.render(place.label, source=span not in shown))
            shown.add(span)
        if self.hint:
            parts.append(f"  To mend it: {self.hint}")
        return "\n".join(parts)


class ShapeError(BifrontError, ValueError, RuntimeError):
    """Shapes that do not fit together."""


class DTypeError(BifrontError, TypeError, ValueError, RuntimeError):
    """Element types that do not fit together."""


class AttributeValueError(BifrontError, ValueError, RuntimeError):
    """An argument of an operation (axis, stride, padding, ...) that has no meaning there."""


class IndexOutOfRange(BifrontError, IndexError):
    """An index beyond the extent of its axis."""


class DivisionByZero(BifrontError, ZeroDivisionError, RuntimeError):
    """An integer divided by zero, for which there is no value."""


class GraphError(BifrontError, ValueError, RuntimeError):
    """A graph that is not well formed, or a value used outside the graph that owns it."""


class GradientError(BifrontError, ValueError, RuntimeError):
    """A gradient that does not exist or cannot be computed any more."""


class InPlaceError(GradientError):
    """A value that backward needs was overwritten in place."""


class FeedError(BifrontError, ValueError, TypeError):
    """A feed that is missing, or of the wrong shape or type."""


class FetchError(BifrontError, ValueError, TypeError):
    """A fetch that cannot be computed by this graph."""


class StateError(BifrontError, ValueError, RuntimeError):
    """A variable that is uninitialized, declared twice or of another type than its slot."""


class TextError(BifrontError, ValueError):
    """Text that is not a graph; the message gives line, column, caret and what was expected.

    Args:
        line, column: where, 1-based.
        shown: the line of text, and a caret under the column.
    """

    def __init__(
        self, answer: str, *, line: int, column: int, shown: str = "", hint: str | None = None
    ) -> None:
        places = (Place(shown, None),) if shown else ()
        super().__init__(f"line {line}, column {column}: {answer}", places=places, hint=hint)
        self.line = line
        self.column = column


class BackendError(BifrontError, ValueError, RuntimeError):
    """A backend that does not exist, or whose packages are not installed."""


class EngineMissing(BifrontError, RuntimeError):
    """A picture was asked for where nothing is installed that lays graphs out."""


class MissingNameError(BifrontError, AttributeError):
    """A name of TensorFlow's or PyTorch's API that bifront does not have."""


def _public_names() -> None:
    """Tracebacks name errors as programs import them: ``bifront.ShapeError``."""
    for kind in list(globals().values()):
        if isinstance(kind, type) and issubclass(kind, BifrontError):
            kind.__module__ = "bifront"


_public_names()
