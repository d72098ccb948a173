"""Runs at one size after the other: what joins, what stands alone, and what is known of the next size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bifront as bf
import bifront.imperative as torch
from bifront.compiler.rerolling import reroll
from bifront.compiler.sizes import Family, Licence, Member, Run
from bifront.imperative import nn
from tests.compiler.sizes import runs as recorded
from tests.compiler.sizes.runs import finished, numbers, same_bits

cell = nn.Linear(7, 4)


def last(xs: torch.Tensor) -> torch.Tensor:
    h = torch.zeros(xs.shape[1], 4)
    for x in xs:
        h = torch.tanh(cell(torch.cat([x, h], 1)))
    return h


def average(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean(0)) * 2 if x.shape[0] > 4 else x * 3


class Program:
    """A family that runs the program wherever it does not know better."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.family = Family(lambda pin: Licence([function.__code__], self.sites)(pin))
        self.sites: list[Any] = []
        self.ran: list[tuple[int, ...]] = []

    def __call__(self, *shape: int) -> None:
        x = numbers(*shape, seed=len(self.ran))
        run = recorded.Run(self.function, x)
        path = reroll(run.path).path
        made = Run(path, run.observed)
        known = self.family.find(made.shapes)
        if known is None:
            self.sites = run.sites
            self.ran.append(shape)
            self.family.add(made)
            return
        member, sizes = known
        assert sizes == member.general.sizes(made.shapes)
        weights = [leaf.detach().numpy() for leaf in (cell.weight, cell.bias)]
        given = weights if path.states else []
        found, *_ = bf.compile(finished(member.general.path))(x.numpy(), *given)
        assert same_bits(run.result.detach().numpy(), found)


def test_a_loop_of_any_length_is_one_graph_after_three_runs() -> None:
    program = Program(last)
    for length in (1, 2, 5, 1, 2, 3, 9, 40, 1):
        program(length, 1, 3)
    assert program.ran == [(1, 1, 3), (2, 1, 3), (5, 1, 3)]
    (member,) = program.family.members
    assert member.general.symbols == ["x0_0"]


def test_a_second_open_size_joins_the_first() -> None:
    program = Program(last)
    for shape in ((3, 2, 3), (5, 2, 3), (5, 4, 3), (7, 6, 3), (9, 3, 3), (1, 1, 3), (1, 1, 3)):
        program(*shape)
    assert program.ran == [(3, 2, 3), (5, 2, 3), (5, 4, 3), (1, 1, 3)]
    (member,) = program.family.members
    assert member.general.symbols == ["x0_0", "x0_1"]


def test_each_side_of_a_comparison_is_a_graph() -> None:
    program = Program(average)
    for size in (6, 2, 9, 3, 8, 4, 100):
        program(size, 2)
    assert program.ran == [(6, 2), (2, 2), (9, 2), (3, 2)]
    assert [[str(c) for c in m.general.conditions] for m in program.family.members] == [
        ["not x0_0 > 4"],
        ["x0_0 > 4"],
    ]
    reasons = [str(r) for r in program.family.refusals]
    assert any("whether x0_0 > 4 differs between the runs" in r for r in reasons)


def test_what_no_other_run_is_like_stands_alone() -> None:
    program = Program(lambda x: x * float(x.shape[0]))
    for size in (2, 3, 2, 3):
        program(size, 2)
    assert program.ran == [(2, 2), (3, 2), (2, 2), (3, 2)]
    assert not program.family.members
    assert "plain number: float()" in program.family.refusals[0].reason


def test_members_remember_their_runs() -> None:
    family = Family()
    made: Member | None = None
    for size in (3, 5):
        run = recorded.Run(lambda x: x * 2, numbers(size))
        made = family.add(Run(run.path, run.observed))
    assert made is not None
    assert [r.shapes for r in made.runs] == [((3,),), ((5,),)]
    assert family.find([(9,)]) == (made, {"x0_0": 9})
    assert family.find([(9, 1)]) is None


def test_sizes_0_and_1_are_no_evidence_for_others() -> None:
    family = Family()
    for size in (1, 3, 0):
        run = recorded.Run(lambda x: x * 2, numbers(size, 2))
        assert family.add(Run(run.path, run.observed)) is None
    assert {r.reason for r in family.refusals} == {
        "the size 0 tells nothing of others",
        "the size 1 tells nothing of others",
    }
    run = recorded.Run(lambda x: x * 2, numbers(5, 2))
    made = family.add(Run(run.path, run.observed))
    assert made is not None
    # What stood alone has joined.
    assert made.general.holds({"x0_0": 1})
    assert made.general.holds({"x0_0": 0})


def test_slices_that_end_beyond_the_axis_are_no_whole_axis_for_longer_ones() -> None:
    program = Program(lambda x: x[:5].sum(0) + x[-4:].sum(0))
    for size in (2, 3, 7, 9, 4, 5, 6, 50):
        program(size, 2)
    # Both slices are whole; both are cut, as they may be for 5; one of each.
    assert program.ran == [(2, 2), (3, 2), (7, 2), (9, 2), (4, 2)]


def test_normalization_over_a_batch_of_any_size() -> None:
    norm = nn.BatchNorm1d(2, affine=False, track_running_stats=False)
    program = Program(lambda x: norm(x) * 1.5 + x.var(0))
    for size in (3, 5, 8, 64):
        program(size, 2)
    assert program.ran == [(3, 2), (5, 2)]
