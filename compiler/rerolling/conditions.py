from __future__ import annotations

from .plans import Plan
from .refusal import Refusal
from .search import Run
from .stream import Stream


def find_while(stream: Stream, run: Run) -> Plan | Refusal:
    return Refusal(
        stream.items[run.start].location, "the loop has an `if` on a tensor's value in it"
    )
