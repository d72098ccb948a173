"""One script in a process of its own: ``python -m bifront.comparison.worker MODE SCRIPT FOLDER``.

MODE is ``time``, ``capture``, ``detail`` (a capture that keeps what graphs were given) or ``profile``. What was found
is left in FOLDER: ``result.json``, and for a capture the graphs as text, and arrays as ``.npz``.
"""

from __future__ import annotations

import time

_STARTED = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402
from contextlib import redirect_stdout  # noqa: E402
from io import StringIO  # noqa: E402
from pathlib import Path  # noqa: E402

from .detail import Timings, profiled  # noqa: E402
from .observing import capture_script, run_script, time_script  # noqa: E402
from .records import save_runs  # noqa: E402


def main(mode: str, script: Path, folder: Path) -> None:
    if mode == "time":
        result: object = time_script(script, _STARTED)
    elif mode == "profile":
        result = _profile(script).to_json()
    else:
        runs, printed = capture_script(script, arguments=mode == "detail")
        result = {"printed": printed, "runs": save_runs(runs, folder)}
    (folder / "result.json").write_text(json.dumps(result))


def _profile(script: Path) -> Timings:
    with redirect_stdout(StringIO()):
        return profiled(lambda: run_script(script))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
