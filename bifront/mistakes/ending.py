"""Run a script as ``__main__`` and tell how it ended: with which error, at which stage, through which lines."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Literal

from ..comparison.ergonomics import measure
from ..compiler.errors import BifrontError
from ..compiler.location import in_house

if TYPE_CHECKING:
    from collections.abc import Iterator

Stage = Literal["build", "first run", "later run", "never"]


@dataclass(frozen=True, slots=True)
class UserFrame:
    """One of the user's frames on the way to an error.

    Attributes:
        file, line: where it stood.
        lines: all lines of its code, without those of functions within.
    """

    file: str
    line: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a script ended.

    Attributes:
        stage: when the error came; ``never`` where none did.
        message: the first line of what the error says; empty where none came.
        frames: the user's frames, the one in which the error was raised last.
    """

    stage: Stage
    message: str
    frames: tuple[UserFrame, ...]


def run_to_end(script: Path) -> Ending:
    """Run a script as Python does. An error is shown as the interpreter would show it, and kept."""
    main = ModuleType("__main__")
    main.__file__ = str(script)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script)]
    source = script.read_text(encoding="utf-8")
    code = compile(source, str(script), "exec")
    rounds = _Rounds(str(script))
    sys.settrace(rounds.trace)
    try:
        exec(code, main.__dict__)
    except SystemExit as stop:
        if stop.code in (None, 0):
            return Ending("never", "", ())
        error: BaseException = stop
    except Exception as failure:
        error = failure
    else:
        return Ending("never", "", ())
    finally:
        sys.settrace(None)
    traceback = error.__traceback__
    assert traceback is not None
    traceback = traceback.tb_next  # without the frame of this function
    ending = _ending(error, traceback, rounds, measure(source).style)
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)
    return ending


def _ending(
    error: BaseException, traceback: TracebackType | None, rounds: _Rounds, style: str
) -> Ending:
    entries = list(_entries(traceback))
    users = [(frame, line) for frame, line in entries if _is_users(frame)]
    stage: Stage
    if not _runs(style, [frame for frame, _ in entries]):
        stage = "build"
    else:
        stage = "later run" if any(rounds.repeated(f, line) for f, line in users) else "first run"
    shown = str(error.answer if isinstance(error, BifrontError) else error)
    message = shown.strip().split("\n", 1)[0].strip() or type(error).__name__
    frames = tuple(
        UserFrame(frame.f_code.co_filename, line, _lines(frame.f_code)) for frame, line in users
    )
    return Ending(stage, message, frames)


def _entries(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _is_users(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return not in_house[file] and not file.startswith("<")


def _lines(code: CodeType) -> tuple[int, ...]:
    return tuple(sorted({line for _, _, line in code.co_lines() if line}))


def _runs(style: str, frames: list[FrameType]) -> bool:
    """Whether the program was running, and not describing what to run.

    In the static style a run is what a session takes part in. In the others everything runs but the making of modules
    and optimizers, and what is traced.
    """
    house = [frame for frame in frames if in_house[frame.f_code.co_filename]]
    if style == "static":
        from ..frontends.static.session import Session

        return any(
            isinstance(value, Session) for frame in house for value in frame.f_locals.values()
        )
    defining = any(frame.f_code.co_name == "__init__" for frame in frames)
    tracing = any(frame.f_globals["__name__"].endswith(".imperative.trace") for frame in house)
    return not defining and not tracing


class _Rounds:
    """Counts how often each activation of the script's code comes to the same instruction: the rounds of its loops."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.counts: Counter[tuple[FrameType, int, int]] = Counter()

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != self.file:
            return None
        if event == "line":
            self.counts[frame, frame.f_lineno, frame.f_lasti] += 1
        return self.trace

    def repeated(self, frame: FrameType, line: int) -> bool:
        """Whether this activation had come past the line before."""
        return any(n > 1 for (f, at, _), n in self.counts.items() if f is frame and at == line)
