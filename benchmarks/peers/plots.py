"""Pictures of the results: every framework's time over bifront's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .plan import MEMORY, OWN, STARTUP
from .ranking import Best, best_of_each, is_own, measured
from .workloads import WORKLOADS

OVERVIEW, EACH = "ratios.svg", "workloads.svg"
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "bifront", "font.size": 9}
MOST = 8
"""Contenders in a picture of one workload."""


def write(content: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw what there is; gives paths from the folder, none where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use("Agg")
    figures = _figures(content)
    (folder / "plots").mkdir(parents=True, exist_ok=True)
    drawn = []
    with matplotlib.rc_context(STYLE):
        for name, draw in ((OVERVIEW, _overview), (EACH, _each)):
            picture = draw(figures)
            if picture is not None:
                path = folder / "plots" / name
                picture.savefig(path, bbox_inches="tight", metadata={"Date": None})
                drawn.append(f"plots/{name}")
    return drawn


def _figures(content: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """What can be drawn: figures of contenders, the least first, of all that bifront took part in."""
    found = {
        name: measured(content["workloads"][name], "low")
        for name in WORKLOADS
        if name in content["workloads"]
    }
    startup = content["startup"].get(STARTUP, {})
    found |= {f"W7 {what}": measured(startup, what) for what in ("cold", "warm")}
    found |= {f"memory {n}": measured(content["memory"].get(n, {}), "peak") for n in MEMORY}
    return {name: figures for name, figures in found.items() if any(map(is_own, figures))}


def _overview(figures: Mapping[str, Mapping[str, float]]) -> Any:
    """A row for each workload, a dot for each framework's best mode."""
    import matplotlib.pyplot as plt

    if not figures:
        return None
    rows: dict[str, dict[str, Best]] = {name: best_of_each(f) for name, f in figures.items()}
    frameworks = sorted({f for best in rows.values() for f in best} - {OWN})
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.32 * len(rows)))
    axes.axvspan(1e-3, 1, color="0.93", zorder=0)
    axes.axvline(1, color="black", linewidth=1.2)
    for number, framework in enumerate(frameworks):
        points = [
            (best[framework].figure / best[OWN].figure, y)
            for y, best in enumerate(rows.values())
            if framework in best
        ]
        marker = "osD^vP*X"[number % 8]
        axes.scatter(*zip(*points, strict=True), label=framework, marker=marker, s=34, zorder=3)
    axes.set_xscale("log")
    ratios = [b.figure / best[OWN].figure for best in rows.values() for b in best.values()]
    axes.set_xlim(min(0.5, min(ratios) * 0.8), max(2.0, max(ratios) * 1.3))
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.grid(axis="x", which="both", color="0.85", linewidth=0.5)
    axes.set_xlabel("a framework's time (memory) over bifront's; right of 1, bifront is better")
    if frameworks:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return figure


def _each(figures: Mapping[str, Mapping[str, float]]) -> Any:
    """Bars of the best contenders of each workload, in times of bifront's best."""
    import matplotlib.pyplot as plt

    if not figures:
        return None
    columns = 3
    lines = -(-len(figures) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(13, 2.3 * lines), squeeze=False)
    panels = list(grid.flat)
    for axes, (name, found) in zip(panels, figures.items(), strict=False):
        own = next(v for n, v in found.items() if is_own(n))
        shown = _nearest(found)
        bars = [v / own for v in shown.values()]
        colours = ["tab:orange" if is_own(n) else "tab:blue" for n in shown]
        axes.barh(range(len(bars)), bars, color=colours)
        axes.set_yticks(range(len(bars)), list(shown), fontsize=7)
        axes.invert_yaxis()
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set_title(name, fontsize=9)
        for y, ratio in enumerate(bars):
            axes.text(ratio, y, f" {ratio:.2g}", va="center", fontsize=7)
        axes.set_xlim(0, max(bars) * 1.15)
    for axes in panels[len(figures) :]:
        axes.set_axis_off()
    figure.tight_layout()
    return figure


def _nearest(figures: Mapping[str, float]) -> dict[str, float]:
    """The first of all, with bifront's best among them."""
    names = list(figures)
    own = next(n for n in names if is_own(n))
    kept = names[:MOST] if own in names[:MOST] else [*names[: MOST - 1], own]
    return {n: figures[n] for n in kept}
