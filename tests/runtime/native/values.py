"""Arrays for the tests of the native backend: special values of every type, awkward memory, sizes around a vector's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from bifront.compiler.ops import Op, Sample

SIZES = (0, 1, 7, 16, 17, 203)
"""Around the width of a vector; the last one makes several for each of two threads."""

Draw = Callable[..., np.ndarray]
"""``draw(*shape)``: an array of the type under test."""


def specials(dtype: np.dtype) -> np.ndarray:
    """What is likely to be treated wrongly."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind != "f":
        info = np.iinfo(dtype)
        some = [info.min, info.min + 1, -2, -1, 0, 1, 2, 3, 7, 100, info.max - 1, info.max]
        return np.array([x for x in some if info.min <= x <= info.max], dtype)
    info = np.finfo(dtype)
    positive = [
        0.0, info.smallest_subnormal, info.tiny, info.eps, 0.5, 1.0, 1.5, 2.0, 2.5, np.pi / 2, np.pi, 3.0, 10.0,
        88.7, 1.0 - info.epsneg, 1.0 + info.eps, 2.0**10 + 0.5, 1.0 / info.eps, info.max, np.inf,
    ]  # fmt: skip
    with np.errstate(over="ignore"):
        return np.array([*positive, *[-x for x in positive], np.nan], dtype)


def values(rng: np.random.Generator, dtype: np.dtype, count: int) -> np.ndarray:
    """Random numbers of all magnitudes, a third of them special ones."""
    some = rng.choice(specials(dtype), count)
    if dtype.kind == "b":
        return some
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            scale = np.exp(rng.normal(0, 2, count))
            drawn = (rng.standard_normal(count) * scale).astype(dtype)
    else:
        info = np.iinfo(dtype)
        drawn = rng.integers(info.min, info.max, count, dtype, endpoint=True)
        small = rng.integers(0, 9, count).astype(dtype)
        drawn = np.where(rng.random(count) < 0.5, drawn, small)
    return np.where(rng.random(count) < 1 / 3, some, drawn).astype(dtype)


def tame(rng: np.random.Generator, dtype: np.dtype, *shape: int) -> np.ndarray:
    """Numbers of one magnitude, with which sums can be judged."""
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind == "f":
        return np.asarray(rng.standard_normal(shape), dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype, endpoint=True)


def layouts(x: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The same numbers in memory of every kind."""
    if x.ndim:
        yield "column-major", np.asfortranarray(x)
        yield "backwards", x[::-1].copy()[::-1]
        yield "every other one", np.repeat(x, 2, axis=-1)[..., ::2]
    raw = np.zeros(x.nbytes + 1, np.uint8)
    odd = raw[1:].view(x.dtype).reshape(x.shape)
    odd[...] = x
    yield "misaligned", odd
    frozen = x.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen


def spread(x: np.ndarray) -> np.ndarray:
    """An array of this shape that is one element, strides 0."""
    return np.broadcast_to(x.reshape(-1)[:1].reshape(()), x.shape) if x.size else x


# What each operation is given, by the size of its operands. Operations that are not named are elementwise, or take
# the samples of the registry.


def _reductions(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    for shape, axes in (
        ((n,), (0,)),
        ((3, n), (1,)),
        ((n, 5), (0,)),
        ((2, n, 3), (0, 2)),
        ((n, 2, 7), (1, 2)),
    ):
        yield Sample((draw(*shape),), {"axes": axes, "keepdims": n % 2 == 0})  # fmt: skip


def _along_axis(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    for shape, axis in (((n,), 0), ((3, n), 1), ((n, 5), 0), ((2, n, 3), 1)):
        yield Sample((draw(*shape),), {"axis": axis})


def _sorting(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    for i, sample in enumerate(_along_axis(rng, draw, n)):
        yield Sample(sample.inputs, {**sample.attrs, "descending": i % 2 == 0})


def _recurrence(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    for shape, axis in (((n,), 0), ((3, n), 1)):
        yield Sample((draw(*shape) / 2, draw(*shape)), {"axis": axis})


def _movement(name: str) -> Callable[..., Iterator[Sample]]:
    def made(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
        x = draw(3, n)
        attrs: dict[str, list[dict]] = {
            "reshape": [{"shape": (n, 3)}, {"shape": (3 * n,)}],
            "transpose": [{"perm": (1, 0)}],
            "broadcast_to": [{"shape": (2, 3, n)}],
            "slice": [
                {"starts": (1, n // 3), "limits": (3, n), "strides": (1, 1)},
                {"starts": (0, n // 5), "limits": (3, n - n // 4), "strides": (2, 3)},
            ],
            "flip": [{"axes": (1,)}, {"axes": (0, 1)}],
            "pad": [{"padding": ((1, 0), (0, 2)), "value": 1}, {"padding": ((0, 0), (3, 1)), "value": 0}],
        }  # fmt: skip
        for each in attrs[name]:
            yield Sample((x,), each)

    return made


def _concatenate(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(n, 2), draw(n, 3), draw(n, 1)), {"axis": 1})
    yield Sample((draw(n, 2), draw(3, 2)), {"axis": 0})


def _matmul(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    for a, b in ((False, False), (True, False), (False, True), (True, True)):
        flags = {"transpose_a": a, "transpose_b": b}
        for m, k, c in ((n, 5, 3), (3, n, 7), (5, 3, n), (n, n, n), (1, n, 1)):
            yield Sample((draw(k, m) if a else draw(m, k), draw(c, k) if b else draw(k, c)), flags)
    yield Sample((draw(2, 1, 3, n), draw(4, n, 2)), {"transpose_a": False, "transpose_b": False})


def _indices(rng: np.random.Generator, extent: int, *shape: int) -> np.ndarray:
    kind = rng.choice(["int64", "int32", "int8"])
    return rng.integers(-extent, extent, shape).astype(kind)


def _gather(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(6, 3), _indices(rng, 6, n)), {"axis": 0})
    yield Sample((draw(3, 6), _indices(rng, 6, n)), {"axis": 1})
    yield Sample((draw(5, n), _indices(rng, 5, 2, 3)), {"axis": 0})
    yield Sample((draw(5, n), rng.integers(0, 5, 4).astype(np.uint8)), {"axis": 0})


def _take_along(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(n, 4), _indices(rng, 4, n, 1)), {"axis": 1})
    yield Sample((draw(3, n), _indices(rng, 3, 2, n)), {"axis": 0})
    yield Sample((draw(2, 7), _indices(rng, 7, 2, n)), {"axis": 1})


def _gather_nd(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(4, 5, n), _indices(rng, 4, 3), _indices(rng, 5, 3)), {})
    yield Sample((draw(4, 5), _indices(rng, 4, n, 1), _indices(rng, 5, 3)), {})


def _one_hot(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    from bifront.compiler.ir.dtypes import BY_NUMPY

    dtype = BY_NUMPY[draw(1).dtype]
    yield Sample((rng.integers(-2, 9, (n,)),), {"depth": 7, "dtype": dtype})
    yield Sample((rng.integers(-2, n + 2, (3,)).astype(np.int32),), {"depth": n, "dtype": dtype})


def _scatter_add(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(6, 3), _indices(rng, 6, n), draw(n, 3)), {"axis": 0})
    yield Sample((draw(3, 6), _indices(rng, 6, n), draw(3, n)), {"axis": 1})
    yield Sample((draw(4, n), _indices(rng, 4, 9), draw(9, n)), {"axis": 0})


def _scatter_add_along(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(n, 5), _indices(rng, 5, n, 1), draw(n, 1)), {"axis": 1})
    yield Sample((draw(5, n), _indices(rng, 5, 1, n), draw(1, n)), {"axis": 0})
    yield Sample((draw(5, n), _indices(rng, 5, 3, n), draw(3, n)), {"axis": 0})


def _scatter_nd(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    yield Sample((draw(4, n), draw(9, n), _indices(rng, 4, 9)), {})
    yield Sample((draw(4, 5), draw(n), _indices(rng, 4, n), _indices(rng, 5, n)), {})


def _update_slice(rng: np.random.Generator, draw: Draw, n: int) -> Iterator[Sample]:
    where = {"starts": (1, n // 3), "limits": (3, n), "strides": (1, 1)}
    yield Sample((draw(4, n), draw(2, n - n // 3)), where)


SIZED: dict[str, Callable[[np.random.Generator, Draw, int], Iterator[Sample]]] = {
    **dict.fromkeys(
        ("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_all", "reduce_any"),
        _reductions,
    ),
    **dict.fromkeys(("cumsum", "cumprod", "argmax", "argmin"), _along_axis),
    **dict.fromkeys(("sort", "argsort"), _sorting),
    **{n: _movement(n) for n in ("reshape", "transpose", "broadcast_to", "slice", "flip", "pad")},
    "recurrence": _recurrence,
    "concatenate": _concatenate,
    "matmul": _matmul,
    "gather": _gather,
    "take_along": _take_along,
    "gather_nd": _gather_nd,
    "one_hot": _one_hot,
    "scatter_add": _scatter_add,
    "scatter_add_along": _scatter_add_along,
    "scatter_add_nd": _scatter_nd,
    "scatter_set_nd": _scatter_nd,
    "update_slice": _update_slice,
}


def sized(
    op: Op, rng: np.random.Generator, dtype: np.dtype, draw: Draw | None = None
) -> Iterator[Sample]:
    """Samples of an operation in all `SIZES`."""

    def some(*shape: int) -> np.ndarray:
        return tame(rng, dtype, *shape)

    for n in SIZES:
        if n == 0 and op.name in ("reduce_max", "reduce_min", "argmax", "argmin"):
            continue  # there is no greatest element
        yield from SIZED[op.name](rng, draw or some, n)
