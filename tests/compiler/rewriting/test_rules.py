"""Every rule is sound: both sides give the same numbers. The cases are made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

import bifront as bf
from bifront.compiler.errors import BifrontError
from bifront.compiler.ir import Graph
from bifront.compiler.rewriting import History, Rule, Table, all_rules, rewrite

from .cases import EXACT, ROUNDING, cases

RULES = all_rules()


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal to the last bit, where one NaN is as good as another."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    nan = np.isnan(a)
    return bool(
        np.array_equal(nan, np.isnan(b))
        and np.array_equal(a[~nan], b[~nan])
        and np.array_equal(np.signbit(a[~nan]), np.signbit(b[~nan]))
    )


@dataclass(frozen=True)
class Outcome:
    """Results, the greatest finite magnitude that was met on the way, and whether any was infinite."""

    results: tuple[np.ndarray, ...]
    greatest: float
    overflowed: bool


def run(graph: Graph, arrays: list[np.ndarray]) -> Outcome:
    met = [np.zeros(()), *arrays]
    with np.errstate(all="ignore"):
        results = bf.compile(graph, "numpy", lambda node, values: met.extend(values))(*arrays)
    sizes = np.concatenate([np.abs(x).ravel() for x in met if x.dtype.kind == "f"])
    return Outcome(results, float(sizes[np.isfinite(sizes)].max()), bool(np.isinf(sizes).any()))


def same_numbers(before: Outcome, after: Outcome) -> bool:
    """Equal up to the rounding of what was met on the way; what overflowed may be another number, or none."""
    scale = max(before.greatest, after.greatest)
    for a, b in zip(before.results, after.results, strict=True):
        numbers = np.isfinite(a)
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        if not np.allclose(b[numbers], a[numbers], 1e-12, 1e-12 * scale):
            return False
        # Where nothing overflows (1 / exp(-800) does), what is no number is none on either side.
        if not (before.overflowed or after.overflowed) and not np.array_equal(
            np.isnan(a), np.isnan(b)
        ):
            return False
    return True


def drawn(rule: Rule) -> Iterator[tuple[Graph, list[np.ndarray]]]:
    kinds = [*(ROUNDING if rule.rounds else EXACT).values()]
    for seed in range(6):
        yield from cases(rule, np.random.default_rng(seed), kinds[seed % len(kinds)])


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_both_sides_give_the_same_numbers(rule: Rule) -> None:
    alone, fired = Table([rule]), 0
    for graph, arrays in drawn(rule):
        history = History()
        made = rewrite(graph, alone, history)
        fired += bool(history.entries)
        bf.verify(made)
        try:
            wanted = run(graph, arrays)
        except (BifrontError, ValueError):  # integers to a negative power, divided by zero
            continue
        found = run(made, arrays)
        message = f"{graph}\n{made}\n{arrays}\n{wanted}\n{found}"
        if rule.rounds:
            same = same_numbers(wanted, found)
        else:
            same = all(map(same_bits, wanted.results, found.results))
        assert same, message
    assert fired, "the rule never fired on its own left side"


def test_there_are_at_least_sixty_and_each_says_what_it_does() -> None:
    assert len(RULES) >= 60
    assert all("->" in rule.name for rule in RULES)
    assert all(rule.sides or rule.examples for rule in RULES)


def test_commutative_operations_commute() -> None:
    from bifront.compiler.ops import REGISTRY

    found = [op for op in REGISTRY.values() if op.commutative]
    assert {"add", "mul", "eq", "logical_and"} <= {op.name for op in found}
    for op in found:
        for sample in op.samples(np.random.default_rng(0)):
            a, b = sample.inputs
            with np.errstate(all="ignore"):
                assert same_bits(np.asarray(op.evaluate(a, b)), np.asarray(op.evaluate(b, a)))
