"""RESULTS.md, from the results and from notes that people wrote (`notes.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .plan import MEMORY, STARTUP
from .ranking import Records, best_own, best_peer, measured
from .workloads import SCALES, WORKLOADS, Goal, Workload

NOTES = Path(__file__).with_name("notes.toml")
STARTUP_GOALS = {"cold": 2.0, "warm": 3.0}
MEMORY_GOAL = 2.0
MIB = 2**20
OTHERS = 0.15
"""A mean share of the machine that others took, from which on a figure is marked."""

HEAD = """# bifront beside other frameworks

Written by `make bench` from `RESULTS.json`; [README](README.md) says how it is measured. A ratio is a peer's time over
bifront's: above 1, bifront is faster. Figures are the 5th percentile of all readings. Each contender's answer was held
against a float64 reference before it was timed.
"""


def write(content: Mapping[str, Any], folder: Path, pictures: Sequence[str]) -> Path:
    """Write the page.

    Args:
        content: of the results.
        folder: where it goes.
        pictures: paths from there.
    """
    notes = tomllib.loads(NOTES.read_text()) if NOTES.exists() else {}
    blocks = [HEAD, *_lines(notes.get("page"))]
    if sizes := content["machine"].get("sizes"):
        blocks.append(f"**Sizes: {sizes}.** The titles speak of other ones.")
    blocks += [f"![{Path(p).stem}]({p})\n" for p in pictures]
    blocks += ["## Goals\n", _goals(content), "## The workloads\n"]
    for name, records in _in_order(content["workloads"]):
        blocks += _workload(WORKLOADS[name], records, content["limits"], notes)
    if STARTUP in content["startup"]:
        blocks += _startup(content["startup"][STARTUP], notes)
    if content["memory"]:
        blocks += _memory(content["memory"], notes)
    blocks += _limits(content["limits"])
    blocks += _machine(content)
    path = folder / "RESULTS.md"
    path.write_text("\n".join(block.rstrip("\n") + "\n" for block in blocks))
    return path


def _in_order(records: Mapping[str, Records]) -> list[tuple[str, Records]]:
    return [(name, records[name]) for name in WORKLOADS if name in records]


def _lines(note: str | None) -> list[str]:
    return [note] if note else []


# What is to be reached.


def _goals(content: Mapping[str, Any]) -> str:
    """One line for each goal; every contender of bifront's that a goal speaks of has to reach it."""
    rows = []
    for name, records in _in_order(content["workloads"]):
        w = WORKLOADS[name]
        rows += _goal(f"{name}: {w.title}", measured(records, "low"), w.goal, partial(_figure, w=w))
    startup = content["startup"].get(STARTUP, {})
    for what, ratio in STARTUP_GOALS.items():
        title = f"W7: start of a process to the first result of W1, {what} cache"
        rows += _goal(title, measured(startup, what), Goal(ratio), _seconds)
    for name in MEMORY:
        peaks = measured(content["memory"].get(name, {}), "peak")
        rows += _goal(f"peak memory of {name}", peaks, Goal(MEMORY_GOAL), _bytes)
    head = ["workload", "bifront's best", "best peer", "ratio", "goal", "against the goal"]
    return _table(head, rows)


def _goal(
    title: str, figures: Mapping[str, float], goal: Goal | None, show: Callable[[float], str]
) -> list[list[str]]:
    own, peer = best_own(figures), best_peer(figures)
    if own is None:
        return []
    best = [f"{show(b.figure)} ({b.name})" if b else "-" for b in (own, peer)]
    ratio = _ratio(peer.figure / own.figure) if peer else "-"
    aim, verdict = _reached(figures, goal, show) if goal else ("-", "-")
    return [[title, *best, ratio, aim, verdict]]


def _reached(
    figures: Mapping[str, float], goal: Goal, show: Callable[[float], str]
) -> tuple[str, str]:
    """The goal, and what stands against it."""
    found = [best for name in goal.own if (best := best_own(figures, [name]))]
    if goal.seconds is not None:
        aim = f"under {show(goal.seconds)}"
        reached = [best.figure <= goal.seconds for best in found]
        shown = [show(best.figure) for best in found]
    else:
        assert goal.ratio is not None
        aim = f"{goal.ratio} x {' / '.join(goal.peers) or 'the best'}"
        peer = best_peer(figures, goal.peers)
        if peer is None:
            return aim, "-"
        reached = [peer.figure / best.figure >= goal.ratio for best in found]
        shown = [_ratio(peer.figure / best.figure) for best in found]
    if not found:
        return aim, "-"
    each = ", ".join(
        f"{best.name.partition(':')[2]} {s}" for best, s in zip(found, shown, strict=True)
    )
    return aim, f"reached: {each}" if all(reached) else f"**not reached**: {each}"


# One workload.


def _workload(w: Workload, records: Records, limits: Mapping[str, Any], notes: Any) -> list[str]:
    figures = measured(records, "low")
    own = best_own(figures)
    rows = []
    runs = {record["run"] for record in records.values()}
    for name in [*figures, *(n for n in records if n not in figures)]:
        record = records[name]
        if "low" not in record:
            rows.append([name, record["error"], "", "", "", "", ""])
            continue
        busy = " !" if record["others"] > OTHERS else ""
        rows.append(
            [
                name,
                f"**{_figure(record['low'], w)}**",
                _ratio(record["low"] / own.figure) if own else "-",
                _figure(record["least"], w),
                _figure(record["median"], w),
                f"{record['others']:.0%}{busy}",
                f"{record['difference']:.0e}",
            ]
        )
    head = ["", f"{w.unit} a {w.per}", "x bifront's best", "least", "median", "others' share"]
    blocks = [f"### {w.name}: {w.title}\n", _table([*head, "difference"], rows)]
    if len(runs) > 1:
        blocks.append(
            f"Of {len(runs)} runs ({', '.join(sorted(runs))}): ratios between them say less."
        )
    blocks += _lines(_bound(w, own.figure if own else None, limits))
    return blocks + _lines(notes.get(w.name))


def _bound(w: Workload, own: float | None, limits: Mapping[str, Any]) -> str | None:
    """What the machine allows, in a sentence."""
    parts = []
    if products := limits.get("products_s", {}).get(w.name):
        flops = sum(2 * p.m * p.k * p.n * p.count for p in w.products())
        parts.append(
            f"its matrix products alone (NumPy's BLAS, operands warm) {_figure(products, w)}, "
            f"{flops / products / 1e9:.0f} GFLOP/s"
        )
        if own:
            parts.append(f"bifront's whole comes to {flops / own / 1e9:.0f} GFLOP/s")
    if moved := w.moved():
        rates = limits.get("bandwidth_gbs", {})
        if rate := rates.get("add, 2^24 floats"):
            parts.append(
                f"moving its {moved / MIB:.0f} MiB at {rate:.0f} GB/s {_figure(moved / rate / 1e9, w)}"
            )
        if in_c := limits.get("elementwise_c_s"):
            parts.append(
                f"its arithmetic alone, in C, in the cache {_figure(in_c['cached'], w)}; "
                f"the whole as one loop in C {_figure(in_c[w.name], w)}"
            )
        if own:
            parts.append(f"bifront moves {moved / own / 1e9:.1f} GB/s")
    return f"Bounds: {'; '.join(parts)}." if parts else None


# Fresh processes.


def _startup(records: Records, notes: Any) -> list[str]:
    own = {what: best_own(measured(records, what)) for what in STARTUP_GOALS}
    rows = []
    for name in [*measured(records, "warm"), *(n for n in records if "warm" not in records[n])]:
        record = records[name]
        if "warm" not in record:
            rows.append([name, record["error"], "", "", ""])
            continue
        row = [name]
        for what, best in own.items():
            ratio = _ratio(record[what] / best.figure) if best else "-"
            row += [_seconds(record[what]), ratio]
        rows.append(row)
    head = ["", "cold", "x bifront's", "warm", "x bifront's"]
    title = "### W7: from the start of a process to the first result of W1, imports included\n"
    return [title, _table(head, rows), *_lines(notes.get("W7"))]


def _memory(memory: Mapping[str, Records], notes: Any) -> list[str]:
    names = [name for name in MEMORY if name in memory]
    contenders = list(dict.fromkeys(c for name in names for c in memory[name]))
    rows = []
    for contender in contenders:
        cells = [memory[name].get(contender, {}) for name in names]
        rows.append(
            [contender, *(_bytes(c["peak"]) if "peak" in c else c.get("error", "") for c in cells)]
        )
    title = "### Peak memory of a process that does nothing else (resident, libraries included)\n"
    return [title, _table(["", *names], rows), *_lines(notes.get("memory"))]


# The machine.


def _limits(limits: Mapping[str, Any]) -> list[str]:
    if not limits:
        return []
    rows = [
        [f"product {n} x {n}", f"{v:.0f} GFLOP/s"] for n, v in _by_number(limits["gemm_gflops"])
    ]
    rows += [[what, f"{v:.1f} GB/s"] for what, v in limits["bandwidth_gbs"].items()]
    for what, took in (limits.get("elementwise_c_s") or {}).items():
        rows.append([f"the elementwise chain in C, {what}", f"{took * 1e3:.1f} ms"])
    return ["## What the machine can do\n", _table(["", "float32, all cores"], rows)]


def _by_number(rates: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(rates.items(), key=lambda item: int(item[0]))


def _machine(content: Mapping[str, Any]) -> list[str]:
    versions: dict[str, str] = {}
    for records in content["workloads"].values():
        for record in records.values():
            versions.update(record.get("versions", {}))
    rows = [
        [key, str(value)] for key, value in [*content["machine"].items(), *sorted(versions.items())]
    ]
    return ["## The machine and the versions\n", _table(["", ""], rows)]


# Cells.


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines
    )


def _figure(seconds: float, w: Workload) -> str:
    return f"{_digits(seconds * SCALES[w.unit])} {w.unit}"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(value: float) -> str:
    return f"{_digits(value)}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _bytes(value: float) -> str:
    return f"{value / MIB:.0f} MiB"
