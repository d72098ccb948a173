"""Drive pdb by a script: stop at a line, let it run, and look at a value, as a person would.

``python -m bifront.debugger.driving SCRIPT LINE EXPRESSION HIT RESULT.json`` does it in a process of its own.
"""

from __future__ import annotations

import io
import json
import pdb
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from pathlib import Path
from types import ModuleType

from ..compiler.errors import BifrontError

SECONDS = 120
"""How long a script may run."""
_MARK = "bifront sees: "


def pdb_sees(script: Path, line: int, expression: str, hit: int = 1) -> str:
    """What pdb prints of an expression once a line has run.

    A breakpoint stands at the line; after the stop pdb takes one step (``next``), so that the line's own values are
    there, and prints the expression (``p``).

    Args:
        script: run as ``__main__``, in a process of its own.
        line: 1-based; the first of a statement.
        expression: in the frame that was stopped.
        hit: at which arrival to stop, from 1.

    Returns:
        The text; empty where the breakpoint was not reached that often.

    Raises:
        BifrontError: the script does not end, or ends its process.
    """
    with tempfile.TemporaryDirectory(prefix="bifront-") as folder:
        result = Path(folder, "result.json")
        arguments = [str(script.resolve()), str(line), expression, str(hit), str(result)]
        command = [sys.executable, "-m", "bifront.debugger.driving", *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise BifrontError(f"{script} did not end within {SECONDS} seconds") from None
        if not result.is_file():
            raise BifrontError(f"{script} ended its process:\n{done.stderr.strip()}")
        return str(json.loads(result.read_text()))


def _drive(script: Path, line: int, expression: str, hit: int) -> str:
    commands = [
        f"break {script}:{line}",
        *([f"ignore 1 {hit - 1}"] if hit > 1 else []),
        "continue",
        "next",
        f"p {expression}",
        "quit",
    ]
    said = io.StringIO()
    # Without a prompt, what was printed last is the answer; without the user's .pdbrc, it is the same everywhere.
    debugger = pdb.Pdb(
        stdin=io.StringIO("\n".join(commands) + "\n"), stdout=said, nosigint=True, readrc=False
    )
    debugger.prompt = _MARK
    debugger.use_rawinput = False
    main = ModuleType("__main__")
    main.__file__ = str(script)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script)]
    code = compile(script.read_bytes(), str(script), "exec")
    # An error is the mistake that is looked at, past the breakpoint or instead of it.
    with redirect_stdout(io.StringIO()), suppress(SystemExit, Exception):
        debugger.run(code, main.__dict__)
    # Each answer stands behind the prompt at which the command was read: the one before the last is that to `p`.
    answers = said.getvalue().split(_MARK)
    reached = len(answers) > len(commands)
    return answers[-2].strip() if reached else ""


def _main(script: str, line: str, expression: str, hit: str, result: str) -> None:
    Path(result).write_text(json.dumps(_drive(Path(script), int(line), expression, int(hit))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
