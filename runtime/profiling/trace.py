"""Chrome's trace format, which chrome://tracing and https://ui.perfetto.dev open.

Source: "Trace Event Format", the Chromium project. Complete events (``X``) in microseconds; what lies within another
event of the same thread is drawn below it.
"""

from __future__ import annotations

import os
from typing import TypeAlias

from .analysis import where
from .collecting import Collector

Event: TypeAlias = "dict[str, object]"


def trace(collector: Collector, start: int) -> dict[str, object]:
    """The events of a profile that began at a time.

    Returns:
        What ``json.dump`` writes.
    """
    process = os.getpid()
    events: list[Event] = []
    threads: dict[int, int] = {}

    def add(name: str, kind: str, thread: int, begin: int, end: int, args: Event) -> None:
        number = threads.setdefault(thread, len(threads) + 1)
        events.append(
            {
                "name": name, "cat": kind, "ph": "X", "pid": process, "tid": number,
                "ts": (begin - start) / 1000, "dur": (end - begin) / 1000, "args": args,
            }
        )  # fmt: skip

    for ran in collector.ran:
        entry = ran.sum
        program = entry.program
        about: Event = {"line": str(entry.place), "backend": program.backend, **entry.sizes}
        add(f"run {program.name}", "run", ran.thread, ran.start, ran.end, about)
        told: dict[int, Event] = {}
        for number, begin, end in ran.log.tolist():
            part = program.timed.parts[number]
            if number not in told:
                cost = part.cost(entry.sizes)
                lines = [where(n.location) for n in part.nodes if n.location is not None]
                told[number] = {
                    "step": number,
                    "lines": ", ".join(dict.fromkeys(lines)),
                    "flops": cost.flops,
                    "bytes": cost.moved,
                }
            add(part.name, "kernel", ran.thread, begin, end, told[number])
    for one in collector.evaluated:
        about = {"line": str(one.sum.place)}
        add(one.sum.op, "at once", one.thread, one.start, one.end, about)
    names: list[Event] = [
        {"name": "process_name", "ph": "M", "pid": process, "tid": 0, "args": {"name": "bifront"}}
    ]
    for number in threads.values():
        name = "calling thread" if number == 1 else f"calling thread {number}"
        names.append(
            {
                "name": "thread_name",
                "ph": "M",
                "pid": process,
                "tid": number,
                "args": {"name": name},
            }
        )
    return {
        "traceEvents": [*names, *events],
        "displayTimeUnit": "ns",
        "otherData": {"events left out": collector.dropped},
    }
