"""`Finding`: what a check has to say, in the form of bifront's error texts."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BifrontError, Place
from ..location import Location


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that no error would tell.

    Attributes:
        check: the name of the check that found it.
        message: one sentence that says what is wrong.
        location: the user's line that is to be looked at; None where it is not known.
        hint: what to do about it.
        others: further lines of the user's that take part.
    """

    check: str
    message: str
    location: Location | None
    hint: str
    others: tuple[Place, ...] = ()

    def error(self) -> CheckFailed:
        """The finding as an error."""
        return CheckFailed(self)

    def to_json(self) -> dict[str, object]:
        """Plain data: check, message, file, line, column, hint and the whole text."""
        at = self.location
        return {
            "check": self.check,
            "message": self.message,
            "file": at.file if at else None,
            "line": at.line if at else None,
            "column": at.column if at else None,
            "hint": self.hint,
            "text": str(self),
        }

    def __str__(self) -> str:
        return str(self.error())


class CheckFailed(BifrontError):
    """A check that was told to raise found something.

    Attributes:
        finding: what it found.
    """

    def __init__(self, finding: Finding) -> None:
        places = (Place("", finding.location), *finding.others)
        super().__init__(
            f"{finding.message} [{finding.check}]",
            places=places if finding.location is not None else finding.others,
            hint=finding.hint,
        )
        self.finding = finding
