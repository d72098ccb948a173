"""What a claim is, what an experiment finds, and how figures become a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["holds", "holds in part", "does not hold"]
Report = Callable[[str], object]
"""Is told what an experiment is doing."""

RULE = "It holds if all of these are so, in part if some are, and does not hold if none is."


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured for each style.

    Attributes:
        name: what was measured.
        unit: of the numbers; empty for counts.
        values: style and number, in the order in which they are shown; None where a style has none.
        timed: whether it is a time, or comes of times, and so differs from run to run.
        detail: whether it only shows what another figure sums up.
    """

    name: str
    unit: str
    values: tuple[tuple[str, float | None], ...]
    timed: bool = False
    detail: bool = False

    def __getitem__(self, style: str) -> float | None:
        return dict(self.values)[style]

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "values": dict(self.values),
            "timed": self.timed,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """What an experiment measured, by name."""

    all: tuple[Figure, ...]

    def __getitem__(self, name: str) -> Figure:
        return next(figure for figure in self.all if figure.name == name)

    def less(self, name: str, style: str, than: str, by: float = 1.0) -> bool:
        """Whether one style's number is smaller than another's by a factor; never so where one of them has none."""
        one, other = self[name][style], self[name][than]
        return one is not None and other is not None and one * by < other


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that must be so for the claim to hold: a sentence, and the same as a test of the figures."""

    sentence: str
    met: Callable[[Figures], bool]


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion's sentence, and whether it was so."""

    sentence: str
    met: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of the two styles, and how to find out.

    Attributes:
        number: by which the command knows it.
        claim: what is said.
        experiment: what is done about it.
        criteria: what it means for the claim to hold.
        measure: does the experiment.
    """

    number: int
    claim: str
    experiment: str
    criteria: tuple[Criterion, ...]
    measure: Callable[[Report], Figures]

    def judge(self, figures: Figures) -> Result:
        """The result that figures give; a function of them alone."""
        judged = tuple(Judged(c.sentence, c.met(figures)) for c in self.criteria)
        return Result(self.number, self.claim, self.experiment, figures, judged, verdict_of(judged))


@dataclass(frozen=True, slots=True)
class Result:
    """What was found about a claim.

    Attributes:
        number, claim, experiment: of the claim.
        figures: what was measured.
        criteria: what it would mean for the claim to hold, and which of that is so.
        verdict: by `RULE`.
    """

    number: int
    claim: str
    experiment: str
    figures: Figures
    criteria: tuple[Judged, ...]
    verdict: Verdict
    rule: str = field(default=RULE)

    def to_json(self) -> dict[str, object]:
        """The result as plain data."""
        return {
            "number": self.number,
            "claim": self.claim,
            "experiment": self.experiment,
            "figures": [figure.to_json() for figure in self.figures.all],
            "rule": self.rule,
            "criteria": [{"sentence": c.sentence, "met": c.met} for c in self.criteria],
            "verdict": self.verdict,
        }


def verdict_of(judged: Sequence[Judged]) -> Verdict:
    """The verdict that follows from which criteria are met, by `RULE`."""
    met = sum(one.met for one in judged)
    if met == len(judged):
        return "holds"
    return "holds in part" if met else "does not hold"
