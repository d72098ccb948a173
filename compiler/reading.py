"""Text files that a user names."""

from __future__ import annotations

from pathlib import Path

from .errors import BifrontError

__all__ = ["read_text"]


def read_text(file: Path) -> str:
    """What stands in a text file.

    Raises:
        BifrontError: it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise BifrontError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BifrontError(f"{file} is not text: {error.reason} at byte {error.start}") from None
