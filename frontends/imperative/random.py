"""Random numbers: one seed, one counter, and each draw a pure function of both.

The numbers are not those of PyTorch's generator; they are the same in both frontends and on every backend.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...compiler import library, ops
from ...compiler.dispatch import Array, leaf
from ...compiler.dispatch.current import current
from ...compiler.errors import AttributeValueError, Place
from ...compiler.ir.dtypes import DType, int64
from ...compiler.location import Location
from .api import export
from .arguments import as_shape
from .creation import made
from .dtypes import Like, default, to_ir
from .grad_mode import no_grad
from .tensor import Tensor, wrap
from .writing import write

_DEFAULT_SEED = 67280421310721


class Generator:
    """A stream of random numbers: a key of a seed and a counter."""

    def __init__(self, device: object = "cpu") -> None:
        self.device = device
        self._key = wrap(leaf(np.array([_DEFAULT_SEED, 0], np.int64)))
        self._key._name_origin("key", "generator")

    def next(self) -> Array:
        """The key for one draw; the counter moves on."""
        key = self._key.array
        following = ops.next_key(key)
        assert isinstance(following, Array)
        following.origin = key.origin
        self._key.array = following
        current().wrote(key, following)
        return key

    def manual_seed(self, seed: int) -> Generator:
        self.set_state(wrap(current().constant(_key(seed))))  # type: ignore[arg-type]
        return self

    def seed(self) -> int:
        """Seed from the system's entropy."""
        seed = int.from_bytes(os.urandom(8), "little") >> 1
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        current().observed(self._key.array)
        return int(self._key.array.data[0])

    def get_state(self) -> Tensor:
        return self._key.clone()  # type: ignore[no-any-return]

    def set_state(self, new_state: Tensor) -> None:
        with no_grad():
            self._key.copy_(new_state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        copy = Generator(self.device)
        copy.set_state(self._key)
        return copy


def _key(seed: int) -> np.ndarray:
    wrapped = int(seed) & (2**64 - 1)
    return np.array([wrapped - 2**64 if wrapped >= 2**63 else wrapped, 0], np.int64)


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator from a seed."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    return default_generator.seed()


def initial_seed() -> int:
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    default_generator.set_state(new_state)


def next_key(generator: Generator | None) -> Array:
    """The key for one draw from a generator (None: the default one)."""
    return (default_generator if generator is None else generator).next()


def _drawn(array: Any, requires_grad: bool, out: Tensor | None = None) -> Tensor:
    if out is not None:
        out.resize_(array.shape)
        write(out, array, "out")
        return out
    return made(array, requires_grad)


def _kind(dtype: Like) -> DType:
    return default.type if dtype is None else to_ir(dtype)


def _sampler(name: str, sample: Any) -> None:
    def draw(
        *size: Any,
        generator: Generator | None = None,
        dtype: Like = None,
        device: object = None,
        requires_grad: bool = False,
        out: Tensor | None = None,
        layout: object = None,
        pin_memory: bool = False,
        **shape: Any,
    ) -> Tensor:
        if "size" in shape:
            size = (shape.pop("size"),)
        if shape:
            raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(shape))}'")
        found = sample(next_key(generator), as_shape(size), dtype=_kind(dtype))
        return _drawn(found, requires_grad, out)

    def like(
        input: Tensor,
        *,
        dtype: Like = None,
        device: object = None,
        requires_grad: bool = False,
        generator: Generator | None = None,
        layout: object = None,
        memory_format: object = None,
    ) -> Tensor:
        kind = input.array.dtype if dtype is None else to_ir(dtype)
        found = sample(next_key(generator), input.array.data.shape, dtype=kind)
        return _drawn(found, requires_grad)

    draw.__name__, like.__name__ = name, f"{name}_like"
    export(name, method=False)(draw)
    export(f"{name}_like", method=False)(like)


_sampler("rand", library.uniform)
_sampler("randn", library.normal)


@export("randint", method=False)
def randint(
    low: int,
    high: Any = None,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from ``low`` (0) to ``high - 1``.

    Raises:
        AttributeValueError: there is no number between.
    """
    if size is None:
        if isinstance(high, (tuple, list)):
            low, high, size = 0, low, high
        else:
            raise TypeError("randint() missing the argument 'size'")
    elif high is None:
        low, high = 0, low
    if int(high) <= int(low):
        raise AttributeValueError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}",
            places=(Place("here", Location.here(1)),),
        )
    kind = int64 if dtype is None else to_ir(dtype)
    key = next_key(generator)
    drawn = library.random_integers(key, as_shape((size,)), int(low), int(high), kind)
    return _drawn(drawn, requires_grad)


@export("randint_like", method=False)
def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: Like = None) -> Tensor:
    kind = input.dtype if dtype is None else dtype
    return randint(low, high, input.array.data.shape, dtype=kind)


@export("randperm", method=False)
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The integers below ``n`` in random order."""
    drawn: Any = library.permutation(next_key(generator), int(n))
    return _drawn(drawn if dtype is None else ops.cast(drawn, to_ir(dtype)), requires_grad)


@export("normal", method=False)
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: Like = None,
    device: object = None,
    requires_grad: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Normal with a mean and a standard deviation for each element, or for all."""
    shapes = [x.array.data.shape for x in (mean, std) if isinstance(x, Tensor)]
    shape = as_shape((size,)) if size is not None else np.broadcast_shapes(*shapes)
    kinds = [x.array.dtype for x in (mean, std) if isinstance(x, Tensor)]
    kind = kinds[0] if kinds else _kind(dtype)
    a, b = (x.array if isinstance(x, Tensor) else float(x) for x in (mean, std))
    return _drawn(library.normal(next_key(generator), shape, a, b, kind), requires_grad, out)


@export("bernoulli")
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:  # fmt: skip
    """1 with the probability that stands in each place, else 0."""
    probability = input if p is None else input.new_full(input.shape, p)
    return wrap(library.bernoulli(next_key(generator), probability.array))  # type: ignore[arg-type]


@export("multinomial")
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Positions drawn with probabilities proportional to the weights of each row.

    Raises:
        AttributeValueError: more draws without replacement than there are weights.
    """
    weights = input.detach().array
    if not replacement and num_samples > weights.data.shape[-1]:
        raise AttributeValueError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
            places=(Place("here", Location.here(1)),),
        )
    drawn = library.multinomial(next_key(generator), weights, int(num_samples), replacement)
    return wrap(drawn)  # type: ignore[arg-type]


@export("poisson")
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Poisson with the rate that stands in each place (drawn outside the graph)."""
    drawn_bits = ops.random_bits(next_key(generator), (2,))
    current().observed(drawn_bits)  # type: ignore[arg-type]
    current().observed(input.array)
    bits = np.asarray(drawn_bits.data)  # type: ignore[union-attr]
    drawn = np.random.default_rng(bits.tolist()).poisson(input.array.data)
    return wrap(leaf(np.asarray(drawn, input.array.data.dtype)))


# --- tensors overwritten with random numbers ---


@export("normal_", function=False)
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    key = next_key(generator)
    array = library.normal(key, input.array.data.shape, mean, std, input.array.dtype)
    write(input, array, "normal_")  # type: ignore[arg-type]
    return input


@export("uniform_", function=False)
def uniform_(
    input: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None, **to: float
) -> Tensor:  # fmt: skip
    low, high = to.get("from", a), to.get("to", b)
    key = next_key(generator)
    array = library.uniform(key, input.array.data.shape, low, high, input.array.dtype)
    write(input, array, "uniform_")  # type: ignore[arg-type]
    return input


@export("bernoulli_", function=False)
def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    source = p if isinstance(p, Tensor) else wrap(ops.full(input.array.shape, p, default.type))  # type: ignore[arg-type]
    array = library.bernoulli(next_key(generator), source.array, input.array.dtype)
    write(input, array, "bernoulli_")  # type: ignore[arg-type]
    return input


@export("exponential_", function=False)
def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:  # fmt: skip
    key = next_key(generator)
    array = library.exponential(key, input.array.data.shape, lambd, input.array.dtype)
    write(input, array, "exponential_")  # type: ignore[arg-type]
    return input


@export("random_", function=False)
def random_(input: Tensor, *bounds: int, generator: Generator | None = None) -> Tensor:
    """Overwrite with integers: below a bound, between two, or of the type's whole range."""
    low, high = (0, *bounds) if len(bounds) == 1 else bounds or (0, _range_of(input))
    array = library.random_integers(
        next_key(generator), input.array.data.shape, low, high, input.array.dtype
    )
    write(input, array, "random_")  # type: ignore[arg-type]
    return input


def _range_of(input: Tensor) -> int:
    kind = input.array.data.dtype
    if kind.kind == "f":
        return int(2 ** (np.finfo(kind).nmant + 1)) + 1
    return 2 if kind.kind == "b" else int(np.iinfo(kind).max)
