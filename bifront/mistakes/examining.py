"""Run scripts with a mistake in them and tell how each showed, and how near to the faulty line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..comparison.ergonomics import measure
from ..compiler.errors import BifrontError
from .ending import Ending, Stage, UserFrame
from .fault import Fault, find_fault

SECONDS = 120
"""How long a script may run."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a mistake, by an error or, where none came, by a checker.

    Attributes:
        by: ``error``, the name of the check, or None where nothing was said.
        names_faulty_line: whether the text names the faulty line by file and number.
        line_distance: lines between the faulty line and the user's line that raised, or that the check names; None
            where that is in another file, or nowhere.
        frames: how many of the user's frames lie between the raise and the frame of the faulty line; None where that is
            not on the stack, or nothing was raised.
        words: how many words stand before the first mention of the faulty line; all, where it is not mentioned.
        message: the first line of the answer; None where nothing was said.
    """

    by: str | None = None
    names_faulty_line: bool = False
    line_distance: int | None = None
    frames: int | None = None
    words: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What a person gets to see of one mistake in one style.

    Attributes:
        mistake: its name, that of the script's folder in the catalogue, else that of the script.
        style: ``static``, ``imperative`` or ``tf2``.
        script: the file.
        line: the faulty line, 1-based.
        stage: when an error came: ``build`` (while the program was described), ``first run``, ``later run`` (of a line
            in a loop), or ``never``: the script runs through in silence.
        said: what was said of it.
    """

    mistake: str
    style: str
    script: str
    line: int
    stage: Stage
    said: Said

    @property
    def detected(self) -> bool:
        """Whether anything was said."""
        return self.said.by is not None

    def to_json(self) -> dict[str, object]:
        """The figures as plain data, in one flat object."""
        flat = asdict(self)
        said = flat.pop("said")
        return {**flat, "detected": self.detected, **said}


def examine_all(
    scripts: Sequence[Path], jobs: int = 2, report: Callable[[Path], object] = lambda script: None
) -> list[Examined]:
    """Examine scripts side by side; the results stand in the order of the scripts.

    Args:
        jobs: how many scripts run at a time.
        report: is told of each script that is done.

    Raises:
        BifrontError: a script has no faulty line, is not Python, or does not end. All are read before any runs.
    """
    faults = [find_fault(script) for script in scripts]

    def one(script: Path, fault: Fault) -> Examined:
        found = examine(script, fault)
        report(script)
        return found

    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        return list(pool.map(one, scripts, faults))


def examine(script: Path, fault: Fault | None = None) -> Examined:
    """Run a script as it is and, where that says nothing, with all checks on.

    Raises:
        BifrontError: it has no faulty line, is not Python, or does not end.
    """
    fault = fault or find_fault(script)
    left, shown = _in_a_process("plain", fault.script)
    frames = tuple(UserFrame(f["file"], f["line"], tuple(f["lines"])) for f in left["frames"])
    ending = Ending(left["stage"], left["message"], frames)
    if ending.stage == "never":
        found, _ = _in_a_process("checked", fault.script)
        said = _of_findings(found, fault)
    else:
        said = _of_error(ending, shown, fault)
    style = measure(fault.script.read_text(encoding="utf-8")).style
    return Examined(_name(fault.script), style, str(script), fault.first, ending.stage, said)


def _name(script: Path) -> str:
    return script.parent.name if script.stem in ("static", "imperative", "tf2") else script.stem


def _of_error(ending: Ending, shown: str, fault: Fault) -> Said:
    last = ending.frames[-1] if ending.frames else None
    within = last is not None and last.file == str(fault.script)
    named, words = _reading(shown, fault)
    return Said(
        by="error",
        names_faulty_line=named,
        line_distance=fault.distance(last.line) if last is not None and within else None,
        frames=_frames_between(ending.frames, fault),
        words=words,
        message=ending.message,
    )


def _frames_between(frames: tuple[UserFrame, ...], fault: Fault) -> int | None:
    lines = set(range(fault.first, fault.last + 1))
    for number, frame in enumerate(reversed(frames)):
        if frame.file == str(fault.script) and lines & set(frame.lines):
            return number
    return None


def _of_findings(found: list[dict[str, Any]], fault: Fault) -> Said:
    """Of the finding that names the faulty line, else of the first."""
    if not found:
        return Said()
    finding = next((f for f in found if fault.mention(f["text"]) is not None), found[0])
    within = finding["file"] == str(fault.script)
    named, words = _reading(finding["text"], fault)
    return Said(
        by=finding["check"],
        names_faulty_line=named,
        line_distance=fault.distance(finding["line"]) if within else None,
        words=words,
        message=finding["message"].split("\n", 1)[0],
    )


def _reading(text: str, fault: Fault) -> tuple[bool, int]:
    """Whether the text names the faulty line, and how many words stand before."""
    at = fault.mention(text)
    # A folder whose name holds blanks is no more to read than another, and a quote is no word.
    before = text[:at].replace(str(fault.script), fault.script.name).removesuffix('"')
    return at is not None, len(before.split())


def _in_a_process(mode: str, script: Path) -> tuple[Any, str]:
    """What the worker left, and what was written to the standard error."""
    with tempfile.TemporaryDirectory(prefix="bifront-") as folder:
        result = Path(folder, "result.json")
        command = [sys.executable, "-m", "bifront.mistakes.worker", mode, str(script), str(result)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise BifrontError(f"{script} did not end within {SECONDS} seconds") from None
        if not result.is_file():
            raise BifrontError(f"{script} ended its process:\n{done.stderr.strip()}")
        return json.loads(result.read_text()), done.stderr
