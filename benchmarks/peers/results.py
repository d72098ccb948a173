"""What was measured, as one JSON file that later runs are merged into."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

Records = dict[str, dict[str, Any]]
SECTIONS = ("workloads", "startup", "memory")


class Results:
    """The file, read and written as a whole.

    Attributes:
        content: ``machine`` and ``limits``, and for each section and workload the records of contenders. A record names
            its ``run``, as figures of different runs should not be held against each other.
    """

    def __init__(self, path: Path) -> None:
        """
        Raises:
            SystemExit: the file is none of these results.
        """
        self.path = path
        self.run = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        self.content: dict[str, Any] = {"machine": {}, "limits": {}}
        if path.exists():
            try:
                self.content = json.loads(path.read_text())
            except ValueError as error:
                raise SystemExit(f"{path} is no JSON: {error}") from error
        for section in SECTIONS:
            self.content.setdefault(section, {})

    def machine(self, facts: dict[str, str]) -> None:
        """What the machine is; limits that were measured on another are dropped."""
        if self.content["machine"].get("processor") != facts["processor"]:
            self.content["limits"] = {}
        self.content["machine"] = {**facts, "run": self.run}
        self.write()

    def limits(self, found: dict[str, Any]) -> None:
        """Keep the best of what was ever measured: a busy machine shows less than it can, never more."""
        self.content["limits"] = better(self.content["limits"], found)
        self.write()

    def merge(self, section: str, workload: str, records: Records) -> None:
        """Put records in; those of other contenders stay."""
        kept = self.content[section].setdefault(workload, {})
        kept.update({name: {**record, "run": self.run} for name, record in records.items()})
        self.write()

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.content, indent=1, sort_keys=True) + "\n")
        new.replace(self.path)


def better(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Of two sets of limits the higher rates and, where a name ends in ``_s``, the shorter times."""
    found: dict[str, Any] = {}
    for name in {**old, **new}:
        pick = min if name.endswith("_s") else max
        a, b = old.get(name) or {}, new.get(name) or {}
        found[name] = {key: pick(r[key] for r in (a, b) if key in r) for key in {**a, **b}}
    return found
