"""Options of sessions and runs: accepted, and without meaning here, where there is one device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "ConfigProto", "GPUOptions", "GraphOptions", "OptimizerOptions", "RunMetadata", "RunOptions",
    "device",
]  # fmt: skip


class Options:
    """Takes any fields, and makes those that are read without having been set."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Options:
        if name.startswith("__"):
            raise AttributeError(name)
        made = Options()
        self.__dict__[name] = made
        return made


class ConfigProto(Options):
    """How a session uses devices."""


class GPUOptions(Options):
    """How a session uses the memory of GPUs."""


class GraphOptions(Options):
    """How a session optimizes graphs."""


class OptimizerOptions(Options):
    """How graphs are rewritten."""

    L0, L1 = -1, 0
    OFF, DEFAULT, ON_1, ON_2 = -1, 0, 1, 2


class RunOptions(Options):
    """What a run records."""

    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = 0, 1, 2, 3


class RunMetadata(Options):
    """What a run recorded: nothing."""


@contextmanager
def device(device_name_or_function: object) -> Iterator[None]:
    """Accepted and without meaning: there is one device."""
    yield
