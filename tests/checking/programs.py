"""Programs as text, run in a namespace of their own with the checks on."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from itertools import count

import bifront as bf
from bifront.runtime.checking.checks import Checks

_numbers = count()
HEADS = {
    "torch": "import numpy as np\nimport bifront.imperative as torch\nfrom bifront.imperative import nn\n",
    "tf": "import numpy as np\nimport bifront.static as tf\ntf.reset_default_graph()\n",
    "tf2": "import numpy as np\nimport bifront.tf2 as tf\n",
}


def run(
    body: str, style: str = "torch", only: Sequence[str] | None = None, raise_: bool = False
) -> Checks:
    """What the checks find in a program; the lines that are meant carry ``# HERE``."""
    source = HEADS[style] + body
    file = f"<program {next(_numbers)}>"
    # Locations read the source of a file by its name.
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    names: dict[str, object] = {"__name__": "program"}
    with bf.check(only=only, raise_=raise_) as found:
        exec(compile(source, file, "exec"), names)
    return found


def line_of(body: str, style: str = "torch") -> int:
    """The line that carries ``# HERE``."""
    lines = (HEADS[style] + body).splitlines()
    return 1 + next(i for i, line in enumerate(lines) if "# HERE" in line)


def found_at(body: str, style: str = "torch") -> dict[str, set[int]]:
    """The lines that were found, by check."""
    lines: dict[str, set[int]] = {}
    for finding in run(body, style).findings:
        assert finding.location is not None
        lines.setdefault(finding.check, set()).add(finding.location.line)
    return lines
