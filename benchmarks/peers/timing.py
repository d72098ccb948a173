"""One workload: start all its contenders, let each be checked, then sample them in turn, in random order."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .machine import Others, wait_until_quiet
from .plan import Contender
from .processes import Failure, Process, Pythons
from .workloads import TOLERANCE

Say = Callable[[str], None]


@dataclass(frozen=True)
class Manner:
    """How to measure.

    Attributes:
        rounds: samples of each contender.
        seconds: of one sample.
        limit: seconds within which a contender has to be ready.
        parallel: contenders that get ready at the same time.
        tiny: at sizes that take no time.
    """

    rounds: int = 5
    seconds: float = 0.25
    limit: float = 240.0
    parallel: int = 2
    tiny: bool = False


def time_workload(
    name: str, contenders: Sequence[Contender], pythons: Pythons, manner: Manner, say: Say
) -> dict[str, dict[str, Any]]:
    """A record for each contender: its figures, or ``error`` with the reason why there are none."""
    records: dict[str, dict[str, Any]] = {}
    ready: dict[str, Process] = {}

    def prepare(contender: Contender) -> None:
        if not pythons.has(contender.framework):
            records[contender.name] = {"error": "not installed"}
            return
        arguments = [name, "--tiny"] if manner.tiny else [name]
        process = Process(contender, pythons[contender.framework], *arguments)
        try:
            records[contender.name] = _checked(process, manner.limit)
            ready[contender.name] = process
            say(f"{name} {contender.name}: right to {records[contender.name]['difference']:.0e}")
        except Failure as failure:
            process.stop()
            records[contender.name] = {"error": str(failure)}
            say(f"{name} {contender.name}: {failure}")

    try:
        with ThreadPoolExecutor(manner.parallel) as pool:
            list(pool.map(prepare, contenders))
        for contender, samples in _sampled(ready, records, manner, say).items():
            if "error" not in records[contender]:
                records[contender] |= summary(samples)
    finally:
        for process in ready.values():
            process.stop()
    # In the plan's order, whoever was ready first.
    return {c.name: records[c.name] for c in contenders}


def _checked(process: Process, limit: float) -> dict[str, Any]:
    """Raises: Failure; an answer too far from the reference is one."""
    said = process.answer(limit)
    if not said["error"] < TOLERANCE:
        raise Failure(f"wrong: {said['error']:.1e} from the reference")
    process.answer(limit)
    return {"difference": said["error"], "versions": said["versions"]}


def _sampled(
    ready: dict[str, Process], records: dict[str, dict[str, Any]], manner: Manner, say: Say
) -> dict[str, list[dict[str, Any]]]:
    samples: dict[str, list[dict[str, Any]]] = {name: [] for name in ready}
    shuffle = random.Random(0)
    order = list(ready)
    # The first round warms up and does not count.
    for number in range(manner.rounds + 1):
        shuffle.shuffle(order)
        seconds = manner.seconds if number else manner.seconds / 2
        for name in order:
            if "error" in records[name]:
                continue
            if number:
                wait_until_quiet()
            others = Others()
            try:
                sample = ready[name].ask(str(seconds), manner.limit)
            except Failure as failure:
                records[name] = {"error": f"while it was timed: {failure}"}
                continue
            if number:
                samples[name].append({**sample, "others": others.share(sample["cpu"])})
        say(f"round {number} of {manner.rounds}")
    return samples


def summary(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures of a contender.

    ``low``, the 5th percentile of all readings, is what is compared: what lies far above it is others' time. ``median``
    is that of the samples' medians, and ``others`` the mean share of the machine that others took.
    """
    readings = sorted(r for sample in samples for r in sample["readings"])
    count = sum(sample["count"] for sample in samples)
    medians = [sample["median"] for sample in samples]
    return {
        "low": readings[min(count // 20, len(readings) - 1)],
        "least": readings[0],
        "median": statistics.median(medians),
        "medians": medians,
        "readings": count,
        "others": statistics.fmean(sample["others"] for sample in samples),
    }
