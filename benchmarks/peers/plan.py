"""Who takes part in what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .workloads import WORKLOADS

OWN = "bifront"
FLOOR = "numpy"
"""No framework: what a program without one takes. It stands in the tables and is no peer."""

_COMPILED = "W1 W2 W3 W4 W5 W6compiled W6session W8"
_EAGER = "W1 W2 W3 W4 W5 W6add W6chain W8"


@dataclass(frozen=True)
class Framework:
    """A framework and what it takes part in.

    Attributes:
        package: what has to be importable.
        modes: prefixes of workloads for each mode.
        more: those that are known to be far behind, or to take minutes to compile: with ``--all`` only.
    """

    package: str
    modes: Mapping[str, str]
    more: Mapping[str, str]


@dataclass(frozen=True, order=True)
class Contender:
    """A framework in a mode, perhaps (bifront's) on a named backend."""

    framework: str
    mode: str
    backend: str | None = None

    @property
    def name(self) -> str:
        return f"{self.framework}:{self.mode}" + (f"@{self.backend}" if self.backend else "")


FRAMEWORKS: dict[str, Framework] = {
    OWN: Framework(
        "bifront",
        {"static": _COMPILED, "imperative": _COMPILED, "executable": _COMPILED, "eager": _EAGER},
        {},
    ),
    FLOOR: Framework("numpy", {"plain": "W1 W2 W3 W4 W6add W8"}, {}),
    "torch": Framework(
        "torch",
        {
            "eager": _EAGER,
            "eager-fused": "W2",
            "compile-step": "W1 W2 W8",
            "compile": "W3 W6compiled W6session",
            "compile-freeze": "W5",
            "inference": "W5",
            "module": "W4",
        },
        {"compile": "W1 W2 W5 W8"},
    ),
    "jax": Framework("jax", {"jit": _COMPILED, "eager": "W6add W6chain"}, {"jit-pad": "W4"}),
    "tensorflow": Framework(
        "tensorflow",
        {"xla": _COMPILED, "function": "W1 W2 W4 W5 W6session W8", "eager": "W6add W6chain"},
        {"function": "W3 W6compiled", "eager": "W1 W2 W3 W4 W5 W8"},
    ),
    "tensorflow1": Framework("tensorflow", {"session": _COMPILED}, {}),
    "tinygrad": Framework(
        "tinygrad", {"jit": "W1 W3 W6session W8"}, {"jit": "W2 W5", "eager": "W6add"}
    ),
    "pytensor": Framework(
        "pytensor", {"numba": "W1 W2 W3 W4 W5 W6session", "c": "W6session"}, {"c": "W1 W3"}
    ),
    "onnxruntime": Framework("onnxruntime", {"session": "W5"}, {}),
}

STARTUP = "W1"
"""What the time to a first result is measured on."""
MEMORY = ("W1", "W2", "W5b1")
"""What peak memory is measured on."""


def contenders(workload: str, wanted: Sequence[str] | None, everything: bool) -> list[Contender]:
    """Those that take part in a workload.

    Args:
        workload: its name.
        wanted: frameworks, or contenders (``bifront:static``, ``bifront:static@numpy``); all if None.
        everything: those with ``--all`` too.

    Raises:
        SystemExit: something wanted is not known.
    """
    found = [
        Contender(name, mode)
        for name, framework in FRAMEWORKS.items()
        for mode, prefixes in _modes(framework, everything)
        if workload.startswith(tuple(prefixes.split()))
    ]
    if wanted is None:
        return list(dict.fromkeys(found))
    picked = []
    for item in wanted:
        name, _, backend = item.partition("@")
        framework, _, mode = name.partition(":")
        if framework not in FRAMEWORKS:
            raise SystemExit(
                f"there is no framework {framework!r}; there are {', '.join(FRAMEWORKS)}"
            )
        picked += [
            Contender(c.framework, c.mode, backend or None)
            for c in found
            if c.framework == framework and mode in ("", c.mode)
        ]
    return list(dict.fromkeys(picked))


def _modes(framework: Framework, everything: bool) -> list[tuple[str, str]]:
    return [*framework.modes.items(), *(framework.more.items() if everything else [])]


def missing_workloads() -> set[str]:
    """Workloads that bifront takes no part in: there should be none."""
    return {name for name in WORKLOADS if not contenders(name, [OWN], False)}
