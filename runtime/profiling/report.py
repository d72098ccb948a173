"""A profile for people: tables of kernels and of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...compiler.text.tables import columns, html
from .analysis import KernelRow, where
from .peaks import Peaks

if TYPE_CHECKING:
    from .profile import Profile

ROWS = 20
LONG = 36
SOURCE = 64

KERNEL_LEFT = (0, 1, 9)
LINE_LEFT = (0, 3, 4)


def text(profile: Profile, rows: int | None = ROWS) -> str:
    """What a profile says.

    Args:
        rows: of each table at most; None: all.
    """
    parts = [*head(profile), ""]
    kernels, lines = kernel_rows(profile, rows), line_rows(profile, rows)
    if len(kernels) > 1:
        parts += ["kernels", *(f"  {r}" for r in columns(kernels, KERNEL_LEFT)), ""]
    if len(lines) > 1:
        parts += ["lines", *(f"  {r}" for r in columns(lines, LINE_LEFT)), ""]
    return "\n".join([*parts, *_notes(profile)]).rstrip()


def notebook(profile: Profile) -> str:
    return "\n".join(
        (
            html(head(profile), kernel_rows(profile, ROWS), KERNEL_LEFT),
            html((), line_rows(profile, ROWS), LINE_LEFT),
            html(_notes(profile), ()),
        )
    )


def head(profile: Profile) -> list[str]:
    """Where the time went, and what the machine can do."""
    collector = profile.collector
    sums = collector.sums.values()
    runs = sum(s.runs for s in sums)
    spent = sum(s.spent for s in sums)
    graphs = len({s.program.executable for s in sums})
    eager = collector.eager.values()
    lines = [f"profile of {duration(profile.spent)}"]
    lines.append(f"  {duration(spent)} in {_count(runs, 'run')} of {_count(graphs, 'program')}")
    calls = sum(e.calls for e in eager)
    if calls:
        once = duration(sum(e.spent for e in eager))
        lines.append(f"  {once} in {_count(calls, 'operation')} evaluated at once")
    if collector.compiling:
        lines.append(f"  {duration(collector.compiling)} compiling the code with clocks")
    lines.append(f"  {duration(profile.python)} in Python, and in what is not timed")
    if profile.peaks is not None:
        lines.append(f"  {_machine(profile.peaks)}")
    return lines


def kernel_rows(profile: Profile, rows: int | None) -> list[tuple[str, ...]]:
    """The table of kernels; the first row is its head."""
    found: list[tuple[str, ...]] = [
        ("kernel", "of", "calls", "time", "%", "GFLOP/s", "GB/s", "FLOP/B", "of roof", "lines")
    ]
    whole = profile.measured or 1
    for row in profile.kernels[:rows]:
        lines = ", ".join(row.lines[:2]) + (", ..." if len(row.lines) > 2 else "")
        found.append(
            (
                cut(row.name), row.graph + (" (numpy)" if row.backend == "numpy" or row.reference else ""),
                f"{row.calls:,}", duration(row.spent), f"{100 * row.spent / whole:.1f}",
                *_rates(row, profile.peaks), lines,
            )
        )  # fmt: skip
    return found


def line_rows(profile: Profile, rows: int | None) -> list[tuple[str, ...]]:
    """The table of lines; the first row is its head."""
    found: list[tuple[str, ...]] = [("line", "time", "%", "operations", "source")]
    whole = profile.measured or 1
    for row in profile.lines[:rows]:
        about = "~" if row.split else ""
        found.append(
            (
                where(row), f"{about}{duration(row.spent)}", f"{100 * row.spent / whole:.1f}",
                cut(" ".join(row.ops)), cut(row.source, SOURCE),
            )
        )  # fmt: skip
    return found


def _rates(row: KernelRow, peaks: Peaks | None) -> Sequence[str]:
    seconds = row.typical / 1e9
    if not seconds:
        return ("", "", "", "")
    flops = f"{row.flops / seconds / 1e9:.2f}" if row.flops else ""
    moved = f"{row.moved / seconds / 1e9:.2f}" if row.moved else ""
    per = f"{row.flops / row.moved:.2f}" if row.flops and row.moved else ""
    if peaks is None or not (row.flops or row.moved):
        return flops, moved, per, ""
    least = peaks.roof(row.flops, row.moved, row.wide)
    return flops, moved, per, f"{100 * least / seconds:.0f} %"


def _notes(profile: Profile) -> list[str]:
    notes = []
    if any(row.split for row in profile.lines):
        notes.append("~ a kernel that covers several lines is split among them by estimated cost")
    if any(row.flops or row.moved for row in profile.kernels):
        notes.append(
            "rates are those of the median call; arithmetic and bytes are counted from sizes"
        )
    if profile.collector.dropped:
        notes.append(f"{profile.collector.dropped:,} events are in the sums, but not in the trace")
    return notes


def _machine(peaks: Peaks) -> str:
    rates = f"{peaks.single / 1e9:.0f} GFLOP/s (f32), {peaks.double / 1e9:.0f} (f64)"
    return (
        f"the machine, {_count(peaks.threads, 'thread')}: {rates}, {peaks.bandwidth / 1e9:.1f} GB/s"
    )


def duration(nanoseconds: float) -> str:
    """A time with two or three digits and its unit."""
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= scale:
            value = nanoseconds / scale
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
    return f"{nanoseconds:.0f} ns"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def cut(text: str, length: int = LONG) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
