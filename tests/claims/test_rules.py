"""Verdicts follow from figures: each claim is fed figures that make it hold, hold in part, and not hold."""

from __future__ import annotations

import pytest

from bifront.claims import (
    CLAIMS,
    Claim,
    Figure,
    Figures,
    Judged,
    Verdict,
    code,
    debuggers,
    deploy,
    dynamic,
    errors,
    iteration,
    learning,
    speed,
)
from bifront.claims.claim import verdict_of

Values = dict[str, tuple[float | None, ...]]


def figures(values: Values, third: str) -> Figures:
    """Numbers for static, imperative and a third way, by the names of figures."""
    styles = ("static", "imperative", third)
    return Figures(
        tuple(Figure(n, "", tuple(zip(styles, v, strict=False))) for n, v in values.items())
    )


def slower(size: str) -> Values:
    return {
        speed.step_of(size): (1.0, 1.0, 1.0),
        speed.even_of(size): (None, None, None),
    }


def faster(size: str) -> Values:
    return {
        speed.step_of(size): (1.0, 2.0, 2.0),
        speed.even_of(size): (10.0, None, 0.0),
    }


LESS, MORE = (2.0, 1.0), (1.0, 2.0)
NAMES = [learning.NAMES.format(m) for m in ("number", "gradient")]
LINES = [learning.LINES.format(m) for m in ("number", "gradient")]
EDITS = list(iteration.EDITS)

CASES: list[tuple[int, str, Values, Values]] = [
    (
        1,
        "",
        dict.fromkeys((code.LINES, code.NAMES, code.CEREMONY, code.NESTING), LESS),
        dict.fromkeys((code.LINES, code.NAMES, code.CEREMONY, code.NESTING), MORE),
    ),
    (
        2,
        "",
        {errors.RAISE: (3, 4), errors.NAMED: (2, 4), errors.DISTANCE: LESS, errors.WORDS: LESS},
        {errors.RAISE: (4, 4), errors.NAMED: (4, 4), errors.DISTANCE: (None, None), errors.WORDS: MORE},
    ),
    (
        3,
        "compiled",
        {debuggers.VALUES: (10, 10), debuggers.SEEN: (4, 9), debuggers.LATER: (0, 1, 1)},
        {debuggers.VALUES: (10, 10), debuggers.SEEN: (5, 8), debuggers.LATER: (0, 0, 0)},
    ),
    (
        4,
        "",
        dict.fromkeys((dynamic.LINES, dynamic.CEREMONY, dynamic.WORDS, dynamic.COMPILED), LESS),
        dict.fromkeys((dynamic.LINES, dynamic.CEREMONY, dynamic.WORDS, dynamic.COMPILED), MORE),
    ),
    (5, "compiled", faster("small") | faster("large"), slower("small") | slower("large")),
    (
        6,
        "traced",
        {
            **dict.fromkeys((deploy.NODES, deploy.MOVED, deploy.FLOPS), (9, None, 9)),
            **dict.fromkeys(
                [n + deploy.OPTIMISED for n in (deploy.NODES, deploy.MOVED, deploy.FLOPS)],
                (7, None, 8),
            ),
            deploy.ALONE: (1, 0, 1),
        },
        {
            **dict.fromkeys((deploy.NODES, deploy.MOVED, deploy.FLOPS), (9, None, 9)),
            **dict.fromkeys(
                [n + deploy.OPTIMISED for n in (deploy.NODES, deploy.MOVED, deploy.FLOPS)],
                (9, None, 9),
            ),
            deploy.ALONE: (0, 1, 1),
        },
    ),
    (
        7,
        "",
        dict.fromkeys([*NAMES, *LINES, learning.CONCEPTS], LESS),
        dict.fromkeys([*NAMES, *LINES, learning.CONCEPTS], MORE),
    ),
    (
        8,
        "",
        {f(e): LESS for e in EDITS for f in (iteration.script_of, iteration.process_of, iteration.again_of)},
        {f(e): MORE for e in EDITS for f in (iteration.script_of, iteration.process_of, iteration.again_of)},
    ),
]  # fmt: skip


def test_there_are_eight_claims() -> None:
    assert list(CLAIMS) == [number for number, *_ in CASES] == list(range(1, 9))


@pytest.mark.parametrize(("number", "third", "good", "bad"), CASES, ids=[str(c[0]) for c in CASES])
def test_each_verdict_can_come_out(number: int, third: str, good: Values, bad: Values) -> None:
    claim = CLAIMS[number]
    assert claim.judge(figures(good, third)).verdict == "holds"
    assert claim.judge(figures(bad, third)).verdict == "does not hold"
    names = list(good)
    mixed = [bad | {name: good[name] for name in names[:n]} for n in range(1, len(names))]
    assert "holds in part" in {claim.judge(figures(values, third)).verdict for values in mixed}


@pytest.mark.parametrize(("number", "third", "good", "bad"), CASES, ids=[str(c[0]) for c in CASES])
def test_no_criterion_says_what_another_says(
    number: int, third: str, good: Values, bad: Values
) -> None:
    claim = CLAIMS[number]
    sentences = [c.sentence for c in claim.criteria]
    assert len(set(sentences)) == len(sentences) >= 3
    for criterion in claim.criteria:
        assert criterion.met(figures(good, third))
        assert not criterion.met(figures(bad, third))


@pytest.mark.parametrize(
    ("met", "verdict"),
    [
        ((True, True), "holds"),
        ((True, False), "holds in part"),
        ((False, False), "does not hold"),
    ],
)
def test_verdict(met: tuple[bool, ...], verdict: Verdict) -> None:
    assert verdict_of([Judged("so", m) for m in met]) == verdict


def test_what_is_missing_is_not_less() -> None:
    found = figures({"a": (None, 1.0), "b": (1.0, 1.0), "c": (1.0, 1.1)}, "")
    assert not found.less("a", "static", than="imperative")
    assert not found.less("a", "imperative", than="static")
    assert not found.less("b", "static", than="imperative")
    assert found.less("c", "static", than="imperative")
    assert not found.less("c", "static", than="imperative", by=10 / 9)


def test_a_claim_does_its_experiment() -> None:
    said: list[str] = []

    def measure(report: object) -> Figures:
        assert callable(report)
        report("measuring")
        return figures({"a": LESS}, "")

    claim = Claim(9, "claim", "experiment", (), measure)
    assert claim.judge(claim.measure(said.append)).verdict == "holds"
    assert said == ["measuring"]
