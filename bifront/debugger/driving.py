"""Debuggers driven by a script: what somebody sees who stops at a line and asks for a value."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..compiler.errors import BifrontError

__all__ = ["debugger_sees", "fault_line", "pdb_sees"]

FAULT = "# FAULT"
"""The comment that marks the faulty line of a script."""
_BEGIN, _END = "<<sees", "sees>>"
_SECONDS = 120.0


def fault_line(script: Path) -> int:
    """The number of the line that carries the comment ``# FAULT``.

    Raises:
        BifrontError: no line does.
    """
    for number, line in enumerate(script.read_text(encoding="utf-8").splitlines(), 1):
        if FAULT in line:
            return number
    raise BifrontError(f"no line of {script} carries the comment {FAULT}")


def pdb_sees(script: Path, line: int, expression: str, hit: int = 1) -> str:
    """What Python's own debugger shows of an expression when a program has run a line.

    The program runs in a process of its own, under ``python -m pdb``, with a breakpoint at the line; pdb stops before
    it, steps over it and prints. Where the line raises, what is printed is what could be seen then.

    Args:
        script: a Python script.
        line: counted from 1.
        expression: Python.
        hit: at which arrival at the line to stop, counted from 1.

    Returns:
        The value's text, as ``p`` prints it: ``tensor([nan])`` in the imperative style, and in the static style the
        symbol that stands for it. An empty string where the line was not reached, or not that often.

    Raises:
        BifrontError: the program did not end in two minutes.
    """
    commands = [
        f"break {script.resolve()}:{line}",
        f"ignore 1 {hit - 1}",
        "continue",
        "next",
        f"p '{_BEGIN}'",
        f"p {expression}",
        f"p '{_END}'",
        "quit",
    ]
    # A program that ends meanwhile is started again by pdb: it is quit, too.
    said = _driven(
        [sys.executable, "-m", "pdb", str(script.resolve())], script, commands + ["quit"] * 3
    )
    before, reached, after = said.partition(_BEGIN)
    if not reached or "The program finished" in before or "will be restarted" in before:
        return ""
    return _between_prompts(after.partition(_END)[0], "(Pdb)")


def debugger_sees(script: Path, line: int, expression: str) -> str:
    """What ``bifront debug`` shows of an expression when a run has computed a line for the first time.

    Args, Returns, Raises: as `pdb_sees`; the expression is one over the values of the graph.
    """
    look = f"whatis {expression}" if expression.isidentifier() else f"print {expression}"
    command = [
        sys.executable,
        "-m",
        "bifront",
        "debug",
        str(script.resolve()),
        "--break",
        str(line),
    ]
    parts = _driven(command, script, ["next", look, "quit"]).split("(bifront) ")
    return parts[2].strip() if len(parts) > 3 else ""


def _driven(command: Sequence[str], script: Path, lines: Sequence[str]) -> str:
    """What a program prints that is given these lines to read."""
    try:
        done = subprocess.run(
            command,
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            cwd=script.resolve().parent,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise BifrontError(f"{script} did not end in {_SECONDS:.0f} seconds") from None
    return done.stdout


def _between_prompts(text: str, prompt: str) -> str:
    """What was printed between two marks, without the prompts around it."""
    text = text.strip().strip("'").strip()
    text = text.removeprefix(prompt).removesuffix("'").strip()
    return text.removesuffix(prompt).strip()
