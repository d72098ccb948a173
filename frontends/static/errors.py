"""``tf.errors``: the exceptions that a session raises, under TensorFlow's names."""

from __future__ import annotations

from ...compiler.errors import (
    BifrontError,
    FeedError,
    IndexOutOfRange,
    Place,
    ShapeError,
    StateError,
)
from ...compiler.location import Location

__all__ = [
    "AlreadyExistsError", "CancelledError", "FailedPreconditionError", "InvalidArgumentError",
    "NotFoundError", "OpError", "OutOfRangeError",
]  # fmt: skip

OpError = BifrontError


class UnsupportedError(BifrontError, NotImplementedError):
    """A part of TensorFlow's interface that bifront does not have."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer, places=(Place("called here", Location.here(1)),))


class FailedPreconditionError(StateError):
    """A variable was read before it had a value."""


class InvalidArgumentError(BifrontError):
    """A run was given something that it cannot work with."""


class MissingFeedError(FeedError, InvalidArgumentError):
    """A placeholder that a fetch needs was not fed."""


class InvalidIndexError(IndexOutOfRange, InvalidArgumentError):
    """An index (a label, a position to gather) that was fed or computed in a run lies outside its axis."""


class InvalidShapeError(ShapeError, InvalidArgumentError):
    """Sizes that were fed or computed in a run do not fit each other."""


class NotFoundError(BifrontError, OSError):
    """A file, or a name in one, that does not exist."""


class AlreadyExistsError(BifrontError, OSError):
    """A file that exists already."""


class OutOfRangeError(BifrontError):
    """An iterator or queue has no more elements."""


class CancelledError(BifrontError):
    """A run was stopped."""
