"""What checks read off the running program: its frames, and the lines of its source."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType

from ...compiler.location import Location, in_house


def user_frames() -> Iterator[FrameType]:
    """The frames outside of bifront, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not in_house[frame.f_code.co_filename]:
            yield frame
        frame = frame.f_back


def call_site() -> tuple[object, ...]:
    """What tells a call from others: the user's line, and the line that called the function it stands in."""
    frames = user_frames()
    near = [(f.f_code, f.f_lasti) for f, _ in zip(frames, range(2), strict=False)]
    return tuple(near)


def calling(file: str) -> Location:
    """The user's line that called into a file of the house, the outermost of them; else the nearest of the user's."""
    found: FrameType | None = None
    inside = False
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename == file:
            inside = True
        elif not in_house[code.co_filename]:
            if found is None or inside:
                found = frame
            inside = False
        frame = frame.f_back
    if found is None:
        return Location.here(1)
    return Location.of_code(found.f_code, found.f_lasti)


def where(instruction: tuple[CodeType, int]) -> Location:
    """The location of an instruction."""
    return Location.of_code(*instruction)
