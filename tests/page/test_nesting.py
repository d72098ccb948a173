"""Boxes in boxes: everything stands in one place, and each level goes from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bifront.page import layout
from bifront.page.nesting import BIG, Box, Item, nest
from bifront.page.repeats import Repeat, repeats

Edges = list[tuple[str, str, str]]


def check(items: list[Item], edges: Edges) -> Mapping[str, Box]:
    """What holds of every nesting."""
    boxes = nest(items, edges)
    children = {
        box.id: [name for row in box.rows for name in row if ">" not in name]
        for box in boxes.values()
    }
    parents = {name: id for id, names in children.items() for name in names}
    assert sum(map(len, children.values())) == len(parents), "something stands in two places"
    regions = {item.owner for item in items}
    placed = {item.id for item in items} - (regions - parents.keys())
    assert placed | (boxes.keys() - {"root"}) == parents.keys()
    assert all(len(names) <= BIG or boxes[id].kind == "stack" for id, names in children.items())

    def chain(id: str) -> list[str]:
        return [*chain(parents[id]), id] if id in parents else [id]

    assert all(chain(item.id)[0] == "root" for item in items if item.id in parents)
    reads = {item.id for item in items if item.end == "reads"}
    for tail, head, _ in edges:
        if tail in reads and parents[tail] != parents[head]:
            continue
        a, b = chain(tail), chain(head)
        depth = next(i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
        rows = boxes[a[depth - 1]].rows
        above, below = (next(i for i, r in enumerate(rows) if x[depth] in r) for x in (a, b))
        assert above < below, f"{a[depth]} is not above {b[depth]}"
        lane = f"{a[depth]}>{b[depth]}"
        assert all(lane in row for row in rows[above + 1 : below])
    return boxes


@st.composite
def programs(draw) -> tuple[list[Item], Edges]:
    """Items that need earlier ones, in scopes that come and go."""
    size = draw(st.integers(1, 30))
    scopes = st.lists(st.sampled_from("ab"), max_size=2).map(tuple)
    items = [
        Item(
            f"n{i}",
            draw(st.sampled_from(["add", "mul"])),
            phase=draw(st.sampled_from(["", "forward", "backward"])),
            scope=draw(scopes),
            place=("file", draw(st.integers(1, 3))),
        )
        for i in range(size)
    ]
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    drawn = (
        draw(st.sets(pairs.filter(lambda p: p[0] < p[1]), max_size=2 * size)) if size > 1 else ()
    )
    return items, [(f"n{i}", f"n{j}", "f32[]") for i, j in sorted(drawn)]


@given(programs())
def test_every_level_goes_from_top_to_bottom(program: tuple[list[Item], Edges]) -> None:
    check(*program)


@given(programs())
def test_so_it_is_without_a_layout_engine(program: tuple[list[Item], Edges]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "engine", lambda: None)
        check(*program)


def chained(items: list[Item]) -> Edges:
    return [(a.id, b.id, "f32[]") for a, b in pairwise(items)]


def layers(times: int) -> list[Item]:
    return [
        Item(f"n{2 * i + k}", op, scope=(f"layer_{i}",))
        for i in range(times)
        for k, op in enumerate(("mul", "add"))
    ]


def test_scopes_that_follow_one_another_are_one_stack() -> None:
    items = layers(5)
    boxes = check(items, chained(items))
    (stack,) = [box for box in boxes.values() if box.kind == "stack"]
    assert (stack.label, stack.times, stack.count) == ("layer_0 … layer_4", 5, 10)
    assert not stack.open
    scopes = [box.label for box in boxes.values() if box.kind == "scope"]
    assert scopes == [f"layer_{i}" for i in range(5)]


def test_scopes_that_hold_other_things_are_no_stack() -> None:
    items = [*layers(2), Item("x", "exp", scope=("layer_1",)), *layers(4)[4:]]
    assert not [box for box in check(items, chained(items)).values() if box.kind == "stack"]


def test_a_scope_that_would_tie_a_circle_becomes_two_boxes() -> None:
    items = [Item("a", "f", scope=("s",)), Item("b", "g"), Item("c", "f", scope=("s",))]
    items = [i for item in items for i in (item, Item(item.id * 2, "h", scope=item.scope))]
    boxes = check(items, chained(items))
    assert [box.label for box in boxes.values() if box.kind == "scope"] == ["s", "s"]


def test_phases_are_boxes_of_their_own() -> None:
    phases = ("forward", "backward", "update")
    items = [Item(f"{p}{i}", "f", phase=p) for p in phases for i in range(2)]
    boxes = check(items, chained(items))
    assert {box.label for box in boxes.values() if box.kind == "phase"} == set(phases)


def test_flat_programs_fold_by_what_repeats() -> None:
    ops = ["conv", "add", "relu"]
    items = [Item(f"n{i}", ops[i % 3], place=("f", 1 + i % 3)) for i in range(300)]
    boxes = check(items, chained(items))
    (stack,) = [box for box in boxes.values() if box.kind == "stack"]
    assert stack.times == 100


def test_flat_programs_without_repetition_fold_by_line_and_then_by_number() -> None:
    items = [Item(f"n{i}", f"op{i}", place=("f", 1 + i // 5)) for i in range(1000)]
    boxes = check(items, chained(items))
    assert {box.kind for box in boxes.values()} == {"root", "line", "part"}
    items = [Item(f"n{i}", f"op{i}") for i in range(BIG * BIG + 1)]
    check(items, chained(items))


def test_ends_stand_with_what_they_belong_to() -> None:
    items = [
        Item("i0", "input", end="reads"),
        *layers(1),
        Item("n9", "exp"),
        Item("o0", "output", end="writes"),
    ]
    boxes = check(
        items, [("i0", "n0", "t"), ("n0", "n1", "t"), ("n1", "n9", "t"), ("n1", "o0", "t")]
    )
    (scope,) = [box for box in boxes.values() if box.kind == "scope"]
    assert {name for row in scope.rows for name in row} >= {"i0", "n0", "n1", "o0"}
    assert scope.count == 2


def test_what_a_region_holds_stands_in_its_owner() -> None:
    items = [
        Item("n0", "scan", holds=True),
        Item("n0.0", "@body", owner="n0", holds=True),
        Item("n0.0.n0", "add", owner="n0.0"),
        Item("n0.0.n1", "mul", owner="n0.0"),
    ]
    boxes = check(items, [("n0.0.n0", "n0.0.n1", "t")])
    assert boxes["n0"].kind == "region"
    assert boxes["n0"].rows == (("n0.0.n0",), ("n0.0.n1",))


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ([1, 1, 1], [Repeat(0, 3, 1)]),
        ([1, 1], []),
        ([0, 1, 2, 1, 2, 1, 2, 9], [Repeat(1, 7, 2)]),
        ([1, 2, 3] * 4, [Repeat(0, 12, 3)]),
        ([5, 5, 5, 1, 2, 1, 2, 1, 2, 1, 2], [Repeat(0, 3, 1), Repeat(3, 11, 2)]),
        ([], []),
        (list(range(50)), []),
    ],
)
def test_repeats(signs: list[int], expected: list[Repeat]) -> None:
    assert repeats(signs) == expected


@given(st.lists(st.integers(0, 2), max_size=40))
def test_repeats_are_copies_and_do_not_overlap(signs: list[int]) -> None:
    end = 0
    for found in repeats(signs):
        assert found.start >= end
        end = found.stop
        copies = [signs[i : i + found.period] for i in range(found.start, found.stop, found.period)]
        assert len(copies) >= 3
        assert all(copy == copies[0] for copy in copies)


@pytest.mark.parametrize("engine", [True, False])
def test_edges_that_leave_a_box_have_lanes_to_its_end(
    engine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not engine:
        monkeypatch.setattr(layout, "engine", lambda: None)
    items = [Item(f"{p}{i}", "f", phase=p) for p in ("forward", "backward") for i in range(4)]
    edges = [*chained(items), ("forward1", "backward2", "t")]
    boxes = {box.label: box for box in check(items, edges).values()}
    forward, backward = boxes["forward"].rows, boxes["backward"].rows
    assert [("forward1>" in row) for row in forward[:4]] == [False, False, True, True]
    assert [(">backward2" in row) for row in backward if row[0][0] != ">" or len(row) > 1][:2] == [
        True,
        True,
    ]
