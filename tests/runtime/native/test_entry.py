"""The call into a kernel: what is checked, what comes back, and that nothing leaks or is shared by threads."""

from __future__ import annotations

import gc
import pickle
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bifront.runtime.native import structs
from bifront.runtime.native.description import Arrays, Description, Parameter, Result
from bifront.runtime.native.entry import make_entry
from bifront.runtime.native.entry_portable import make_portable_entry

from .kernels import kernels

F4 = np.dtype(np.float32)
Make = Callable[[Description], Callable[..., Arrays]]


class Fault(Exception):
    pass


def miss(*arguments: object) -> object:
    return "missed", *arguments


def fail(status: int, *arguments: object) -> object:
    raise Fault(status, *arguments)


def describe(
    kernel: str,
    parameters: tuple[Parameter, ...] = (),
    results: tuple[Result, ...] = (),
    **options: object,
) -> Description:
    made = {"miss": miss, "fail": fail, "kept": (kernels(),), **options}
    return Description(kernels().address(kernel), parameters, results, **made)  # type: ignore[arg-type]


@pytest.fixture(params=["native", "portable"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "portable":
        return make_portable_entry
    if structs.verified():
        pytest.skip(structs.verified())
    return make_entry


def test_the_native_entry_is_a_builtin() -> None:
    if structs.verified():
        pytest.skip(structs.verified())
    entry = make_entry(describe("nothing"))
    assert type(entry) is type(len), "the native entry was not chosen where it can be"


def test_results_are_computed_from_parameters_constants_and_sizes(make: Make) -> None:
    constant = np.arange(15, dtype=F4).reshape(3, 5)
    entry = make(
        describe(
            "add_constant",
            (Parameter(F4, (3, 5)), Parameter(F4, (3, 5))),
            (Result(F4, (3, 5)),),
            constants=(constant,),
            sizes=(15,),
        )
    )
    x = np.full((3, 5), 10, F4)
    (made,) = entry(x, x)
    np.testing.assert_array_equal(made, constant + 20)
    assert made.flags.owndata
    assert made.flags.writeable
    assert made.dtype is F4
    (again,) = entry(x, x)
    assert not np.shares_memory(made, again), "results are fresh"


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0, 3), (2, 3, 1, 4)])
def test_shapes(make: Make, shape: tuple[int, ...]) -> None:
    size = int(np.prod(shape))
    both = (Parameter(F4, shape), Parameter(F4, shape))
    constant = np.ones(shape, F4)
    options = {"constants": (constant,), "sizes": (size,)}
    entry = make(describe("add_constant", both, (Result(F4, shape),), **options))
    (made,) = entry(constant, constant)
    assert made.shape == shape
    np.testing.assert_array_equal(made, np.full(shape, 3, F4))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "?"])
def test_every_type_passes_and_comes_back(make: Make, dtype: str) -> None:
    chosen = np.dtype(dtype)
    results = (Result(chosen, (2, 3)), Result(chosen, (2, 3), 0))
    entry = make(describe("nothing", (Parameter(chosen, (2, 3)),), results))
    x = np.zeros((2, 3), chosen)
    fresh, same = entry(x)
    assert same is x
    assert fresh.dtype == chosen
    assert fresh.shape == (2, 3)


def test_written_parameters_come_back_as_they_are_left(make: Make) -> None:
    results = (Result(F4, (7,), 0), Result(F4, (7,)))
    entry = make(describe("double", (Parameter(F4, (7,), written=True),), results, sizes=(7,)))
    x = np.arange(7, dtype=F4)
    doubled, before = entry(x)
    assert doubled is x
    np.testing.assert_array_equal(x, np.arange(7) * 2)
    np.testing.assert_array_equal(before, np.arange(7))


def misfits() -> dict[str, tuple[object, ...]]:
    good = np.zeros((2, 3), F4)
    locked = good.copy()
    locked.flags.writeable = False
    shifted = np.zeros(25, np.uint8)[1:].view(F4).reshape(2, 3)

    class Sub(np.ndarray):
        pass

    shared = np.zeros(9, F4)
    return {
        "too few": (good,),
        "too many": (good, good, good),
        "none": (),
        "not an array": (good, [[0.0] * 3] * 2),
        "None": (None, good.copy()),
        "scalar": (good, np.float32(0)),
        "dtype": (good, good.astype(np.float64)),
        "integers of the same size": (good, good.astype(np.int32)),
        "byte order": (good, good.astype(">f4")),
        "byte order of the first": (good.astype(">f4"), good),
        "rank": (good, np.zeros((2, 3, 1), F4)),
        "lower rank": (good, np.zeros(6, F4)),
        "size": (good, np.zeros((3, 2), F4)),
        "strides": (good, np.zeros((2, 6), F4)[:, ::2]),
        "columns first": (good, np.zeros((3, 2), F4).T),
        "alignment": (good, shifted),
        "subclass": (good, good.copy().view(Sub)),
        "locked": (locked, good),
        "the same twice": (good, good),
        "overlap": (shared[:6].reshape(2, 3), shared[3:].reshape(2, 3)),
        "overlap the other way": (shared[3:].reshape(2, 3), shared[:6].reshape(2, 3)),
    }


@pytest.mark.parametrize("name", misfits())
def test_what_does_not_fit_is_a_miss(make: Make, name: str) -> None:
    parameters = (Parameter(F4, (2, 3), written=True), Parameter(F4, (2, 3)))
    entry = make(describe("fault", parameters, (Result(F4, (2, 3)),)))
    given = misfits()[name]
    said, *passed = entry(*given)
    assert said == "missed"
    assert len(passed) == len(given)
    assert all(a is b for a, b in zip(passed, given, strict=True)), "a miss gets the very arguments"


def test_what_fits_in_unusual_ways_is_no_miss(make: Make) -> None:
    parameters = (Parameter(F4, (2, 3), written=True), Parameter(F4, (2, 3)))
    entry = make(describe("nothing", parameters, (Result(F4, (2, 3)),)))
    good = np.zeros((2, 3), F4)
    locked = good.copy()
    locked.flags.writeable = False
    pickled = pickle.loads(pickle.dumps(good))
    told = good.view(np.dtype(F4, metadata={"unit": "m"}))
    rows = np.zeros((4, 3), F4)
    for other in (locked, pickled, told, rows[1:3]):
        assert isinstance(entry(good.copy(), other)[0], np.ndarray)
    assert isinstance(entry(rows[:2], rows[2:])[0], np.ndarray), "neighbours share nothing"


def test_one_array_may_be_two_parameters_that_are_only_read(make: Make) -> None:
    both = (Parameter(F4, (4,)), Parameter(F4, (4,)))
    options = {"constants": (np.zeros(4, F4),), "sizes": (4,)}
    entry = make(describe("add_constant", both, (Result(F4, (4,)),), **options))
    x = np.ones(4, F4)
    np.testing.assert_array_equal(entry(x, x)[0], np.full(4, 2))


def test_a_status_is_told_to_fail(make: Make) -> None:
    entry = make(describe("fault", (Parameter(F4, (2,)),), (Result(F4, (2,)), Result(F4, (2,), 0))))
    x = np.zeros(2, F4)
    before = sys.getrefcount(x)
    for _ in range(10):
        with pytest.raises(Fault) as caught:
            entry(x)
        status, given = caught.value.args
        assert status == 7
        assert given is x
        del caught, given
    assert sys.getrefcount(x) == before


def test_what_miss_raises_arrives(make: Make) -> None:
    def refuse(*_: object) -> object:
        raise KeyError("refused")

    entry = make(describe("nothing", (Parameter(F4, (2,)),), (), miss=refuse))
    with pytest.raises(KeyError, match="refused"):
        entry(1)


def test_a_miss_may_be_another_entry(make: Make) -> None:
    def sized(n: int, then: Callable[..., object]) -> Callable[..., Arrays]:
        return make(describe("nothing", (Parameter(F4, (n,)),), (Result(F4, (n,)),), miss=then))

    entry = sized(1, sized(2, sized(3, miss)))
    for n in (1, 2, 3):
        assert entry(np.zeros(n, F4))[0].shape == (n,)
    assert entry(np.zeros(4, F4))[0] == "missed"


def test_keywords_are_refused(make: Make) -> None:
    entry = make(describe("nothing"))
    with pytest.raises(TypeError):
        entry(x=1)


def test_many_parameters(make: Make) -> None:
    count = 500
    parameters = tuple(Parameter(F4, (i % 3,), written=i % 2 == 0) for i in range(count))
    results = tuple(Result(F4, (i % 3,), i) for i in range(count))
    entry = make(describe("nothing", parameters, results, release=True))
    arrays = [np.zeros(i % 3, F4) for i in range(count)]
    assert all(a is b for a, b in zip(entry(*arrays), arrays, strict=True))


def test_the_runtime_table_reaches_the_kernel(make: Make) -> None:
    entry = make(describe("runtime", (), (Result(np.dtype(np.int64), (2,)),), runtime=(11, 22)))
    assert entry()[0].tolist() == [11, 22]


def test_references_balance(make: Make) -> None:
    parameters = (Parameter(F4, (5,), written=True), Parameter(F4, (5,)))
    results = (Result(F4, (5,), 0), Result(F4, (5,)), Result(F4, (5,), 1))
    entry = make(describe("nothing", parameters, results, arena_bytes=100))
    x, y = np.zeros(5, F4), np.zeros(5, F4)
    watched = (x, y, F4, miss, fail, entry)
    entry(x, y)
    before = [sys.getrefcount(o) for o in watched]
    for _ in range(1000):
        entry(x, y)
        entry(x)
    assert [sys.getrefcount(o) for o in watched] == before
    owners = sys.getrefcount(x)
    kept = entry(x, y)
    assert sys.getrefcount(x) == owners + 1
    assert sys.getrefcount(kept) == 2, "the tuple has one owner"
    fresh = kept[1]
    del kept
    assert sys.getrefcount(fresh) == 2, "a fresh result has one owner"
    assert sys.getrefcount(x) == owners


def test_memory_does_not_grow(make: Make) -> None:
    entry = make(
        describe("nothing", (), (Result(np.dtype("f8"), (1 << 16,)),), arena_bytes=1 << 20)
    )
    counted = [len(gc.get_objects())]
    for _ in range(3):
        for _ in range(200):
            entry()
        counted.append(len(gc.get_objects()))
    assert counted[-1] - counted[1] < 20


def test_an_entry_frees_what_it_kept(make: Make) -> None:
    class Kept:
        pass

    kept = Kept()
    constant = np.zeros(3)
    gone = [weakref.ref(kept), weakref.ref(constant)]
    description = describe("nothing", kept=(kernels(), kept), constants=(constant,), arena_bytes=64)
    entry = make(description)
    entry()
    del kept, constant, description
    assert all(g() is not None for g in gone), "an entry keeps what its kernel needs"
    del entry
    gc.collect()
    assert all(g() is None for g in gone)


def test_an_entry_in_a_circle_is_collected(make: Make) -> None:
    class Executable:
        def missed(self, *_: object) -> object:
            return self

    executable = Executable()
    executable.run = make(describe("nothing", miss=executable.missed, arena_bytes=64))  # type: ignore[attr-defined]
    executable.run()  # type: ignore[attr-defined]
    gone = weakref.ref(executable)
    del executable
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("release", [False, True])
def test_threads_have_arenas_of_their_own(make: Make, release: bool) -> None:
    words = 4096
    mark = np.dtype(np.int64)
    entry = make(
        describe(
            "occupy",
            (Parameter(mark, ()),),
            (Result(mark, ()),),
            arena_bytes=8 * words,
            sizes=(words,),
            release=release,
        )
    )

    def work(number: int) -> list[int]:
        return [int(entry(np.array(number, mark))[0]) for _ in range(20)]

    with ThreadPoolExecutor(4) as pool:
        for number, marks in enumerate(pool.map(work, range(4))):
            assert marks == [number] * 20


def test_released_kernels_run_beside_python() -> None:
    """What a kernel computes while other threads use Python is the same."""
    x = np.arange(1 << 16, dtype=F4)
    constant = np.ones_like(x)
    both = (Parameter(F4, x.shape), Parameter(F4, x.shape))
    options = {"constants": (constant,), "sizes": (x.size,), "release": True}
    entry = make_entry(describe("add_constant", both, (Result(F4, x.shape),), **options))
    expected = x + x + 1
    with ThreadPoolExecutor(3) as pool:
        for made in pool.map(lambda _: entry(x, x)[0], range(60)):
            np.testing.assert_array_equal(made, expected)


def test_descriptions_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="no address"):
        Description(0, (), (), miss, fail)
    with pytest.raises(ValueError, match="16 words"):
        describe("nothing", runtime=(0,) * 17)
    with pytest.raises(ValueError, match="not contiguous"):
        describe("nothing", constants=(np.zeros((4, 4)).T[1:],))
    with pytest.raises(ValueError, match="is not parameter"):
        describe("nothing", (Parameter(F4, (2,)),), (Result(F4, (3,), 0),))


def test_the_portable_entry_is_chosen_where_objects_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    from bifront.runtime.native import entry as module

    monkeypatch.setattr(structs, "verified", lambda: "arrays are laid out in another way")
    module._function.cache_clear()
    try:
        made = make_entry(describe("nothing", (), (Result(F4, (2,)),)))
        assert type(made) is not type(len)
        assert made()[0].shape == (2,)
    finally:
        module._function.cache_clear()
