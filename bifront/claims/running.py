"""Work in a process of its own, so that it starts as a user's does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..compiler.errors import BifrontError

SECONDS = 240
"""How long a piece of work may take."""


def in_a_process(
    mode: str, script: Path, *arguments: object, environment: Mapping[str, str] | None = None
) -> Any:
    """What a mode of the worker finds out about a script.

    Args:
        mode, arguments: see `worker`.
        environment: what is set besides.

    Raises:
        BifrontError: the script failed, or does not end.
    """
    with tempfile.TemporaryDirectory(prefix="bifront-") as folder:
        result = Path(folder, "result.json")
        command = [sys.executable, "-m", "bifront.claims.worker", mode, str(script.resolve())]
        try:
            done = subprocess.run(
                [*command, str(result), *map(str, arguments)],
                capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise BifrontError(f"{script} did not end within {SECONDS} seconds") from None
        if done.returncode or not result.is_file():
            raise BifrontError(f"{script} failed:\n{done.stderr.strip()}")
        return json.loads(result.read_text())
