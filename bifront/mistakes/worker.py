"""One script in a process of its own: ``python -m bifront.mistakes.worker plain|checked SCRIPT RESULT.json``.

``plain`` runs it as it is, and leaves how it ended; ``checked`` runs it with all checks on, and leaves what they found.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path


def main(mode: str, script: Path, result: Path) -> None:
    if mode == "plain":
        from ..tracebacks import install
        from .ending import run_to_end

        install()
        left: object = asdict(run_to_end(script))
    else:
        from ..insight.checking import check_script

        left = [
            {
                "check": finding.check,
                "message": finding.message,
                "file": finding.location.file if finding.location else None,
                "line": finding.location.line if finding.location else None,
                "text": str(finding),
            }
            for finding in check_script(script)
        ]
    result.write_text(json.dumps(left))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
