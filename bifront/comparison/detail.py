"""What is known of a program beyond its figures: where its time went, and what one of its runs was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..runtime.profiling.analysis import Slice
from ..runtime.profiling.profile import Profile


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of a program went, in nanoseconds.

    Attributes:
        spent: of the whole program, without what the clocks themselves cost.
        slices: all that ran in graphs, and all operations that were evaluated at once; one for each line, operation and
            kernel.
    """

    spent: float
    slices: tuple[Slice, ...]

    @property
    def measured(self) -> float:
        """All slices together; the rest of `spent` is Python, and what is not timed."""
        return sum(s.spent for s in self.slices)

    @classmethod
    def of(cls, profile: Profile) -> Timings:
        return cls(profile.spent, _added(profile.slices))

    def to_json(self) -> dict[str, object]:
        """Plain data, which `from_json` takes."""
        return {"spent": self.spent, "slices": [asdict(s) for s in self.slices]}

    @classmethod
    def from_json(cls, data: dict) -> Timings:
        return cls(data["spent"], tuple(Slice(**s) for s in data["slices"]))


@dataclass(frozen=True, slots=True)
class Detail:
    """What a page shows of one program besides its figures.

    Attributes:
        timings: of a run of the program on the usual backend; None where they could not be taken.
        arguments: what the program's graph of the `Comparison` was given when it first ran, in the order of its
            parameters; None where that is not to be had any more.
    """

    timings: Timings | None = None
    arguments: tuple[np.ndarray, ...] | None = None


def save_arguments(folder: Path, fingerprint: str, arguments: Iterable[np.ndarray] | None) -> None:
    """Leave what a graph was given in a folder, unless that of an earlier run is there."""
    target = folder / f"{fingerprint}.npz"
    if arguments is not None and not target.exists():
        np.savez(target, **{str(i): a for i, a in enumerate(arguments)})  # type: ignore[arg-type]


def load_arguments(folder: Path, fingerprint: str) -> tuple[np.ndarray, ...] | None:
    """What a graph was given, in the order of its parameters."""
    source = folder / f"{fingerprint}.npz"
    if not source.exists():
        return None
    with np.load(source, allow_pickle=False) as found:
        return tuple(found[str(i)] for i in range(len(found.files)))


def profiled(run: Callable[[], object]) -> Timings:
    """The timings of what a function runs."""
    with Profile(roofline=False) as profile:
        run()
    return Timings.of(profile)


def _added(slices: Iterable[Slice]) -> tuple[Slice, ...]:
    """The costliest first; a program that ran on many sizes has many slices of one kernel."""
    found: dict[tuple[object, ...], Slice] = {}
    for s in slices:
        key = (s.file, s.line, s.op, s.kernel)
        before = found.get(key)
        found[key] = s if before is None else replace(before, spent=before.spent + s.spent)
    return tuple(sorted(found.values(), key=lambda s: -s.spent))
