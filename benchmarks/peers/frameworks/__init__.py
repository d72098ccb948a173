"""One module for each framework: ``build(workload, mode) -> Job`` and ``versions()``.

A module is imported in the process of a contender only, so that it may import its framework at the top.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from ..jobs import Job
from ..workloads import Workload


class Framework(Protocol):
    def build(self, workload: Workload, mode: str) -> Job: ...

    def versions(self) -> Mapping[str, str]: ...


def load(name: str) -> Framework:
    """The module of a framework."""
    return cast(Framework, import_module(f"{__name__}.{name}"))
