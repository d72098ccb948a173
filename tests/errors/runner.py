"""Run scripts one after the other in one process and say how each ended: ``runner.py FOLDER``.

Leaves ``ends.json``: for each script what the hook for uncaught errors wrote, and the names of the error's classes.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr
from pathlib import Path

import bifront.static as tf


def end_of(script: Path) -> dict[str, object] | None:
    """None where the script ends without an error."""
    tf.reset_default_graph()
    code = compile(script.read_text(), str(script), "exec")
    try:
        exec(code, {"__name__": "__main__"})
    except Exception as error:
        frames = error.__traceback__ and error.__traceback__.tb_next  # without this function's
        written = io.StringIO()
        with redirect_stderr(written):
            sys.excepthook(type(error), error.with_traceback(frames), frames)
        return {"stderr": written.getvalue(), "kinds": [k.__name__ for k in type(error).__mro__]}
    return None


folder = Path(sys.argv[1])
ends = {script.stem: end_of(script) for script in sorted(folder.glob("*.py"))}
(folder / "ends.json").write_text(json.dumps(ends))
