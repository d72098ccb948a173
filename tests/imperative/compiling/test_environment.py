"""A guard holds as long as what a run read is as it was, and names what is not."""

from __future__ import annotations

import cProfile
import datetime
import enum
import functools
import gc
import math
import random
import sys
import time
import types
import weakref
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import bifront.imperative as torch
from bifront.frontends.imperative.compiling.effects import Refusal
from bifront.frontends.imperative.compiling.environment import Watching
from bifront.frontends.imperative.compiling.guard import Guard
from bifront.imperative import nn


def watched(function: Callable[..., Any], *args: Any) -> Guard | Refusal:
    with Watching(function, args) as watch:
        function(*args)
    return watch.guard()


def guarded(function: Callable[..., Any], *args: Any) -> Guard:
    guard = watched(function, *args)
    assert isinstance(guard, Guard), guard
    assert guard.mutated == ()
    assert guard.holds()
    assert guard.differs() == ""
    return guard


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Options:
    rate: float = 0.5
    names: list[str] = field(default_factory=lambda: ["a", "b"])
    unread: int = 0


class Slotted:
    __slots__ = ("__private", "size")

    def __init__(self) -> None:
        self.size = 3
        self.__private = 4

    def total(self) -> int:
        return self.size + self.__private


class Point(NamedTuple):
    x: float
    y: float


class Settings:
    width = 10
    table: dict[str, float] = {"a": 1.0}  # noqa: RUF012

    def area(self) -> int:
        return self.width * 2


VALUE: Any = 2.0


def reads_value() -> Any:
    return VALUE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (2.0, 3.0), (2.0, 2), (1, True), (True, False), (0.0, -0.0), (None, 0), ("a", "b"), (b"a", b"b"),
        (1j, -1j), (Color.RED, Color.BLUE), ((1, 2), (1, 3)), ((1, 2), (1, 2.0)), ((1,), (1, 1)), (range(3), range(4)),
        (np.float32(1), np.float64(1)), (np.float32(1), np.float32(2)), (torch.float32, torch.float64), (math.nan, 1.0),
        (Point(1, 2), Point(1, 3)), (Point(1, 2), (1, 2)), (frozenset({1}), frozenset({2})), (len, abs),
    ],
)  # fmt: skip
def test_plain_values_count_by_type_and_value(
    before: object, after: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "VALUE", before)
    guard = guarded(reads_value)
    monkeypatch.setattr(sys.modules[__name__], "VALUE", after)
    assert not guard.holds()
    assert "global `VALUE`" in guard.differs()
    monkeypatch.setattr(sys.modules[__name__], "VALUE", before)
    assert guard.holds()


@pytest.mark.parametrize("value", [2.5, math.nan, -0.0, 10**30, "some text", (1.0, "b"), 1 + 2j])
def test_an_equal_value_is_the_same(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[__name__]
    monkeypatch.setattr(module, "VALUE", value)
    guard = guarded(reads_value)
    copies = {str: lambda x: "".join(list(x)), tuple: lambda x: (*x,)}
    copy = copies.get(type(value), lambda x: type(x)(repr(x)))(value)
    assert copy is not value
    monkeypatch.setattr(module, "VALUE", copy)
    assert guard.holds()


CHANGES: list[tuple[Callable[[], Any], Callable[[Any], object]]] = [
    (lambda: [1, 2], lambda x: x.append(3)),
    (lambda: [1, 2], lambda x: x.__setitem__(0, 1.0)),
    (lambda: [[1], [2]], lambda x: x[1].append(3)),
    (lambda: list(range(100)), lambda x: x.__setitem__(70, -1)),
    (lambda: [float(i) for i in range(100)], lambda x: x.__setitem__(0, -0.0)),
    (lambda: {"a": 1}, lambda x: x.update(b=2)),
    (lambda: {"a": 1}, lambda x: x.update(a=2)),
    (lambda: {"a": 1, "b": 2}, lambda x: x.update(a=x.pop("a"))),
    (lambda: {i: i for i in range(100)}, lambda x: x.update({70: -1})),
    (lambda: {str(i): i for i in range(100)}, lambda x: x.update({"101": x.pop("1")})),
    (lambda: {(1, 2): [3]}, lambda x: x[1, 2].append(4)),
    (lambda: {1, 2}, lambda x: x.add(3)),
    (lambda: deque([1, 2]), lambda x: x.rotate(1)),
    (lambda: OrderedDict(a=1, b=2), lambda x: x.move_to_end("a")),
    (lambda: Counter("aab"), lambda x: x.update("c")),
    (lambda: bytearray(b"ab"), lambda x: x.extend(b"c")),
    (lambda: np.arange(3.0), lambda x: x.__setitem__(1, 5.0)),
    (lambda: np.zeros(2), lambda x: x.__setitem__(1, -0.0)),
    (lambda: Options(), lambda x: setattr(x, "rate", 0.25)),
    (lambda: Options(), lambda x: x.names.append("c")),
    (lambda: Options(), lambda x: setattr(x, "names", ["a", "b"])),
    (lambda: types.SimpleNamespace(rate=1), lambda x: setattr(x, "rate", 2)),
    (lambda: Slotted(), lambda x: setattr(x, "size", 4)),
    (lambda: Slotted(), lambda x: setattr(x, "_Slotted__private", 5)),
    (lambda: Settings(), lambda x: setattr(x, "width", 5)),
    (lambda: functools.partial(max, [1, 2]), lambda x: x.args[0].append(3)),
    (lambda: (1, [2]), lambda x: x[1].append(3)),
]


@pytest.mark.parametrize(("make", "change"), CHANGES, ids=[str(i) for i in range(len(CHANGES))])
def test_a_change_inside_is_seen(make: Callable[[], Any], change: Callable[[Any], object]) -> None:
    value = make()

    def reads() -> object:
        if isinstance(value, Slotted):
            return value.total()
        return getattr(value, "rate", None), getattr(value, "names", None), value

    guard = guarded(reads)
    change(value)
    assert not guard.holds()
    assert "`value" in guard.differs()


@pytest.mark.parametrize(("make", "change"), CHANGES, ids=[str(i) for i in range(len(CHANGES))])
def test_a_run_that_changes_what_it_reads_is_found_out(
    make: Callable[[], Any], change: Callable[[Any], object]
) -> None:
    value = make()
    guard = watched(lambda: change(value))
    assert isinstance(guard, Guard)
    assert guard.mutated
    assert not guard.holds()
    assert "the run changed" in guard.differs()


def test_equal_containers_in_place_of_others_are_the_same() -> None:
    table = {"layers": [1, 2], "name": "x"}

    def reads() -> object:
        return table

    guard = guarded(reads)
    table = {"layers": [1, 2], "name": "x"}
    assert guard.holds()
    table = {"layers": [1, 2.0], "name": "x"}
    assert not guard.holds()
    assert "table['layers']` was [1, 2], is [1, 2.0]" in guard.differs()


def test_what_is_not_read_is_not_guarded() -> None:
    options = Options()

    def reads() -> float:
        return options.rate

    guard = guarded(reads)
    options.unread = 7
    assert guard.holds()


def test_closures_globals_and_defaults() -> None:
    scale = 2.0

    def inner(x: float, offset: float = 1.0, *, sign: float = 1.0) -> float:
        return sign * x * scale + offset

    def outer() -> float:
        return inner(3.0)

    guard = guarded(outer)
    scale = 3.0
    assert "closure variable `scale` was 2.0, is 3.0 (read at " in guard.differs()
    scale = 2.0
    inner.__defaults__ = (2.0,)
    assert not guard.holds()
    inner.__defaults__ = (1.0,)
    inner.__kwdefaults__["sign"] = -1.0
    assert not guard.holds()
    inner.__kwdefaults__["sign"] = 1.0
    assert guard.holds()
    inner.__code__ = (lambda x, offset=1.0, *, sign=1.0: scale * 0).__code__
    assert not guard.holds()


def test_the_line_that_reads_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = guarded(reads_value)
    monkeypatch.setattr(sys.modules[__name__], "VALUE", 5.0)
    line = reads_value.__code__.co_firstlineno + 1
    assert guard.differs() == f"global `VALUE` was 2.0, is 5.0 (read at {__file__}:{line})"


def test_functions_are_known_by_identity() -> None:
    def inner() -> int:
        return 1

    def outer() -> int:
        return inner()

    guard = guarded(outer)

    def inner() -> int:  # type: ignore[no-redef]  # noqa: F811
        return 1

    assert not guard.holds()


def test_a_name_that_was_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def reads() -> int:
        try:
            return LATER  # type: ignore[name-defined,no-any-return]
        except NameError:
            return 0

    guard = guarded(reads)
    monkeypatch.setattr(sys.modules[__name__], "LATER", 1, raising=False)
    assert not guard.holds()


def test_modules_are_guarded_by_what_is_read_from_them() -> None:
    config = types.ModuleType("config")
    config.scale = 2.0  # type: ignore[attr-defined]
    config.other = 1.0  # type: ignore[attr-defined]

    def reads() -> Any:
        return config.scale * math.pi

    guard = guarded(reads)
    config.other = 2.0  # type: ignore[attr-defined]
    assert guard.holds()
    config.scale = 3.0  # type: ignore[attr-defined]
    assert "config.scale` was 2.0, is 3.0" in guard.differs()


def test_classes_are_guarded_by_what_is_read_from_them() -> None:
    class Local(Settings):
        pass

    thing = Local()

    def reads() -> Any:
        return thing.area(), thing.table["a"]

    guard = guarded(reads)
    area = Settings.area
    try:
        Settings.width = 11
        assert "Settings.width` was 10, is 11" in guard.differs()
        Settings.width = 10
        Settings.table["a"] = 2.0
        assert not guard.holds()
        Settings.table["a"] = 1.0
        assert guard.holds()
        Settings.area = lambda self: 0  # type: ignore[method-assign,assignment]
        assert not guard.holds()
    finally:
        Settings.area = area  # type: ignore[method-assign]
        Settings.width = 10
    assert guard.holds()
    thing.area = lambda: 1  # type: ignore[method-assign]
    assert not guard.holds()


def test_attributes_under_computed_names() -> None:
    thing = types.SimpleNamespace(a1=1, a2=2)

    def reads(n: int) -> Any:
        return getattr(thing, f"a{n}")

    guard = guarded(reads, 1)
    thing.a1 = 5
    assert not guard.holds()


def test_arguments_that_are_objects() -> None:
    def reads(options: Options) -> float:
        return options.rate

    options = Options()
    guard = guarded(reads, options)
    options.rate = 0.1
    assert "argument `options.rate` was 0.5, is 0.1" in guard.differs()


def test_methods_of_objects() -> None:
    class Counter:
        def __init__(self) -> None:
            self.step = 2
            self.count = 0

        def read(self) -> int:
            return self.step

        def up(self) -> None:
            self.count += 1

    counter = Counter()
    guard = guarded(counter.read)
    counter.step = 3
    assert not guard.holds()
    changed = watched(counter.up)
    assert isinstance(changed, Guard)
    assert changed.mutated == ("argument `self`: .count was 0, became 1",)


def test_counters_and_random_numbers_are_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "VALUE", 0)

    def counts() -> None:
        global VALUE
        VALUE += 1

    count = 0

    def counts_here() -> None:
        nonlocal count
        count += 1

    generator = np.random.default_rng(0)
    mine = random.Random(0)
    for function, what in [
        (counts, "VALUE"),
        (counts_here, "count"),
        (random.random, "the state of random"),
        (np.random.rand, "the state of numpy.random"),
        (lambda: generator.normal(), "generator"),
        (lambda: mine.random(), "mine"),
        (lambda: setattr(Settings, "new", 1), "Settings"),
    ]:
        guard = watched(lambda f=function: f())
        assert isinstance(guard, Guard)
        assert any(what in m for m in guard.mutated), (what, guard.mutated)
    del Settings.new  # type: ignore[attr-defined]
    # Without a draw, a generator is an object like others.
    guarded(lambda: (generator, mine))


def test_what_cannot_be_guarded_is_refused(tmp_path: Any) -> None:
    file = (tmp_path / "log.txt").open("w")
    numbers = iter([1, 2, 3])
    squares = (i * i for i in range(3))
    large = np.zeros((1000, 1000))
    many = list(range(20_000))

    for function, why in [
        (lambda: file.write("x"), "write() may do or give something else"),
        (lambda: file, "nobody can see whether a TextIOWrapper changed"),
        (lambda: next(numbers), "nobody can see whether a list_iterator changed"),
        (lambda: next(squares), "nobody can see whether a generator changed"),
        (lambda: large[0, 0], "too many to compare"),
        (lambda: many[3], "too many to compare"),
        (lambda: time.time(), "time() may do or give something else"),
        (lambda: datetime.datetime.now(), "now() may do or give something else"),
        (lambda: eval("1 + 1"), "eval() may do"),
        (lambda: (tmp_path / "x").exists(), "stat() may do"),
    ]:
        refusal = watched(function)
        assert isinstance(refusal, Refusal), why
        assert why in str(refusal)
    file.close()


def test_tensors_are_known_by_their_handles() -> None:
    weight = torch.ones(2)
    held = {"bias": torch.zeros(2), "list": [torch.ones(1)]}

    def reads(x: torch.Tensor) -> torch.Tensor:
        return x * weight + held["bias"] + held["list"][0]

    guard = guarded(reads, torch.ones(2))
    assert [path for path, _ in guard.tensors] == ["weight", "held['bias']", "held['list'][0]"]
    assert guard.tensors[0][1] is weight
    weight += 1
    held["bias"].mul_(2)
    assert guard.holds()
    held["bias"] = torch.zeros(2)
    assert "held['bias']` is another one, or gone" in guard.differs()


def net() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 1)
    )


def test_modules_of_networks() -> None:
    model = net()

    def run(x: torch.Tensor) -> torch.Tensor:
        return model(x)  # type: ignore[no-any-return]

    x = torch.randn(4, 2)
    guard = guarded(run, x)
    assert {path for path, _ in guard.tensors} >= {
        "model._modules['0']._parameters['weight']", "model._modules['1']._buffers['running_mean']",
    }  # fmt: skip
    for change, back, what in [
        (lambda: model.eval(), lambda: model.train(), "training"),
        (lambda: setattr(model[3], "p", 0.1), lambda: setattr(model[3], "p", 0.5), "p`"),
        (lambda: setattr(model[1], "momentum", 0.2), lambda: setattr(model[1], "momentum", 0.1), "momentum"),
        (lambda: setattr(model[2], "forward", abs), lambda: delattr(model[2], "forward"), "__dict__"),
    ]:  # fmt: skip
        change()
        assert not guard.holds()
        assert what in guard.differs()
        back()
        assert guard.holds()
    handle = model[0].register_forward_hook(lambda *args: None)
    assert not guard.holds()
    handle.remove()
    assert guard.holds()
    weight = model[0].weight
    model[0].weight = nn.Parameter(torch.zeros(3, 2))
    assert not guard.holds()
    model[0].weight = weight
    assert guard.holds()
    model.append(nn.ReLU())
    assert not guard.holds()


@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop"])
def test_optimizers(kind: str) -> None:
    model = nn.Linear(2, 1)
    options = {"momentum": 0.9} if kind == "SGD" else {}
    opt = getattr(torch.optim, kind)(model.parameters(), lr=0.1, **options)
    scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=1, gamma=0.5)

    def step(x: torch.Tensor) -> None:
        opt.zero_grad()
        model(x).sum().backward()
        opt.step()

    x = torch.ones(3, 2)
    first = watched(step, x)
    assert isinstance(first, Guard)
    assert any("opt.state" in m for m in first.mutated)
    guard = guarded(step, x)
    assert any("opt.state" in path for path, _ in guard.tensors)
    opt.zero_grad()
    step(x)
    assert guard.holds()
    scheduler.step()
    assert "opt.param_groups[0]['lr']` was 0.1, is 0.05" in guard.differs()
    opt.param_groups[0]["lr"] = 0.1
    assert guard.holds()
    opt.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
    assert not guard.holds()
    changed = watched(lambda: scheduler.step())
    assert isinstance(changed, Guard)
    assert changed.mutated


def test_the_default_dtype() -> None:
    def run() -> torch.Tensor:
        return torch.ones(2)

    guard = guarded(run)
    torch.set_default_dtype(torch.float64)
    try:
        assert "default dtype" in guard.differs()
    finally:
        torch.set_default_dtype(torch.float32)
    assert guard.holds()


def test_a_guard_keeps_nothing_alive() -> None:
    model = net()
    options = Options()
    tensor = torch.ones(2)

    def run() -> Any:
        return model(torch.ones(4, 2)), options.rate, tensor

    guard = guarded(run)
    dead = weakref.ref(model), weakref.ref(model[0].weight), weakref.ref(options), weakref.ref(tensor)  # fmt: skip
    model = options = tensor = None  # type: ignore[assignment]
    gc.collect()
    assert [d() for d in dead] == [None] * 4
    assert not guard.holds()
    assert "is another one, or gone" in guard.differs()


def test_functions_made_by_a_run_need_no_guard() -> None:
    scale = 2.0

    def run(x: float) -> float:
        def inner(y: float) -> float:
            return y * scale * x

        return sum(inner(i) for i in range(3)) + max([1, 2], key=lambda i: -i * x)

    guard = guarded(run, 2.0)
    scale = 3.0
    assert not guard.holds()


def test_decorated_functions_are_followed() -> None:
    scale = 2.0

    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def wrapper(*args: Any) -> Any:
            return f(*args) * scale

        return wrapper

    @decorate
    @torch.no_grad()
    def run(x: torch.Tensor) -> torch.Tensor:
        return x * offset

    offset = 3.0
    guard = guarded(run, torch.ones(2))
    offset = 4.0
    assert not guard.holds()
    offset = 3.0
    scale = 4.0
    assert not guard.holds()


def test_a_profiler_of_the_users_goes_on() -> None:
    seen: list[str] = []

    def profiler(frame: types.FrameType, event: str, argument: object) -> None:
        seen.append(frame.f_code.co_name)

    def run() -> int:
        return VALUE  # type: ignore[no-any-return]

    sys.setprofile(profiler)
    try:
        with Watching(run) as watch:
            run()
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
    assert "run" in seen
    guard = watch.guard()
    assert isinstance(guard, Guard)
    assert guard.holds()


def test_an_error_in_the_run_leaves_no_profiler() -> None:
    def run() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError), Watching(run):
        run()
    assert sys.getprofile() is None


def test_cycles() -> None:
    a: dict[str, Any] = {"name": "a"}
    a["self"] = a
    thing = types.SimpleNamespace(table=a)
    thing.me = thing

    def run() -> Any:
        return thing.me, thing.table, a["name"], a["self"]

    guard = guarded(run)
    a["name"] = "b"
    assert not guard.holds()


def test_attributes_of_functions() -> None:
    def run() -> float:
        return run.scale  # type: ignore[attr-defined,no-any-return]

    def count() -> None:
        count.calls += 1  # type: ignore[attr-defined]

    run.scale = 2.0  # type: ignore[attr-defined]
    count.calls = 0  # type: ignore[attr-defined]
    guard = guarded(run)
    run.scale = 3.0  # type: ignore[attr-defined]
    assert "run.scale` was 2.0, is 3.0" in guard.differs()
    changed = watched(count)
    assert isinstance(changed, Guard)
    assert changed.mutated == ("function `count`: .calls was 0, became 1",)


def test_functions_behind_wrappers_are_followed() -> None:
    scale, size = 2.0, 3

    @torch.compile
    def inner(x: torch.Tensor) -> torch.Tensor:
        return x * scale

    @functools.lru_cache
    def sized(n: int) -> int:
        return n * size

    def run(x: torch.Tensor) -> torch.Tensor:
        return inner(x) + sized(int(scale))

    guard = guarded(run, torch.ones(2))
    scale = 3.0
    assert not guard.holds()
    scale = 2.0
    assert guard.holds()


def test_settings_of_bifront_are_changes() -> None:
    def run() -> None:
        torch.set_default_dtype(torch.float64)
        torch.set_printoptions(precision=2)

    try:
        guard = watched(run)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_printoptions(precision=4)
    assert isinstance(guard, Guard)
    assert guard.mutated == ("the default dtype", "how tensors are printed")


def test_cprofile_goes_on() -> None:
    def run() -> Any:
        return VALUE

    profile = cProfile.Profile()
    profile.enable()
    try:
        guarded(run)
        other = torch.ones(2)
    finally:
        profile.disable()
    assert other.sum() == 2
    assert any(entry.code == torch.ones.__code__ for entry in profile.getstats())


def test_a_run_that_profiles_is_refused() -> None:
    def run() -> None:
        sys.setprofile(None)

    refusal = watched(run)
    assert isinstance(refusal, Refusal)
    assert "profil" in str(refusal)


def test_what_the_collector_calls_is_no_part_of_the_run() -> None:
    class Node:
        me: Any

    def run() -> int:
        for _ in range(5000):
            node = Node()
            node.me = node
        return VALUE  # type: ignore[no-any-return]

    def clock(*_: object) -> None:
        time.perf_counter()

    gc.callbacks.append(clock)
    try:
        guarded(run)
    finally:
        gc.callbacks.remove(clock)
    assert gc.isenabled()


def test_too_many_things_are_refused() -> None:
    things = [Options() for _ in range(3000)]

    def run() -> float:
        return sum(t.rate for t in things)

    refusal = watched(run)
    assert isinstance(refusal, Refusal)
    assert "too many to compare at each call" in str(refusal)


def test_a_change_while_the_run_goes_on_is_found_though_it_is_read_later() -> None:
    options = Options()

    def late() -> float:
        return options.rate

    def run() -> float:
        setattr(options, "ra" + "te", 0.75)
        return late()

    guard = watched(run)
    assert isinstance(guard, Guard)
    assert any("rate was 0.5, became 0.75" in m for m in guard.mutated)


def test_compiled_functions_see_changes_of_the_world() -> None:
    scale = 2.0
    table = {"offset": 1.0}
    model = nn.Linear(2, 1)

    @torch.compile
    def run(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return model(x) * scale + table["offset"]

    def expected(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return model(x) * scale + table["offset"]

    x = torch.randn(3, 2)

    def agree() -> int:
        for _ in range(2):
            assert torch.equal(run(x), expected(x))
        return run.stats.misses

    assert agree() == 1
    scale = 3.0
    assert agree() == 2
    assert "closure variable `scale` was 2.0, is 3.0" in run.explain()
    table["offset"] = 2.0
    assert agree() == 3
    scale = 2.0
    table["offset"] = 1.0
    assert agree() == 3  # both are known again
    model.weight.data.add_(1)
    assert agree() == 3
    model.bias = nn.Parameter(torch.ones(1))
    assert agree() == 4
    assert run.stats.hits == 6 * 2 - 4
