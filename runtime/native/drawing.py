"""Random numbers in kernels: every element from its own position in the stream that the key names.

The bits are those of `compiler.ops.philox`, block by block: a vector holds the even words of several blocks in 64 bits
each, and the odd ones. Where a vector of elements begins with a block, no word is computed in vain; else each lane
computes the block that it is in.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...compiler.ops import RANDOM_BITS, RANDOM_TRUNCATED_NORMAL, RANDOM_UNIFORM, Op
from ...compiler.ops.philox import MULTIPLIERS, ROUNDS, WEYL
from ...compiler.ops.random import BELOW_MINUS_TWO
from .emit import F16, F32, F64, I32, I64, Builder, Operand, Type, number
from .quantile import normal_quantile

WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Stream:
    """What is the same for all blocks of a stream, for vectors of so many of them.

    Attributes:
        keys: of each round, one for the first and one for the second multiplication.
        upper: the upper two words of the counters, one in each even and odd word.
    """

    blocks: int
    keys: tuple[Operand, ...]
    upper: tuple[Operand, Operand]


def words_of(op: Op, type: Type) -> int:
    """How many words an element takes."""
    return 2 if op is RANDOM_BITS or type.element == F64.element else 1


def stream(b: Builder, seed: Operand, call: Operand, blocks: int) -> Stream:
    """Prepare a stream from the two numbers of its key (i64)."""
    half = [_masked(b, seed), _high(b, seed)]
    keys = []
    for i in range(ROUNDS):
        both = [_masked(b, b.add(half[k], number(I64, i * WEYL[k]))) for k in (0, 1)]
        keys.append(_halves(b, both[0], both[1], blocks))
    zero = number(I64, 0)
    upper = (
        _halves(b, zero, _masked(b, call), blocks),
        _halves(b, zero, _high(b, call), blocks),
    )
    return Stream(blocks, tuple(keys), upper)


def numbers(
    b: Builder, op: Op, type: Type, known: Stream, first: Operand, positions: Operand | None
) -> Operand:
    """A vector of random numbers.

    Args:
        type: the vector's; integers are of 64 bits.
        first: the position of the first lane; where the lanes follow it one by one, it is where a block begins.
        positions: of every lane, where they do not.
    """
    count = words_of(op, type)
    if positions is None:
        words = _run(b, known, first, count)
    else:
        words = _each(b, known, positions, count)
    wide = type.with_element(I64)
    if op is RANDOM_BITS:
        return b.binary("lshr", b.convert("bitcast", words, wide), number(wide, 1))
    if op is RANDOM_UNIFORM:
        return _uniform(b, type, words)
    double = type.with_element(F64)
    if count == 2:
        whole = b.binary("lshr", b.convert("bitcast", words, wide), number(wide, 12))
        scale = 2.0**-52
    else:
        whole, scale = words, 2.0**-32
    p = b.binary("fadd", b.convert("uitofp", whole, double), number(double, 0.5))
    p = b.binary("fmul", p, number(double, scale))
    if op is RANDOM_TRUNCATED_NORMAL:
        p = b.binary("fmul", p, number(double, 1.0 - 2.0 * BELOW_MINUS_TWO))
        p = b.binary("fadd", p, number(double, BELOW_MINUS_TWO))
    z = normal_quantile(b, p)
    return z if type is double else b.convert("fptrunc", z, type)


def _uniform(b: Builder, type: Type, words: Operand) -> Operand:
    if type.element == F64.element:
        wide = type.with_element(I64)
        whole = b.binary("lshr", b.convert("bitcast", words, wide), number(wide, 11))
        return b.binary("fmul", b.convert("uitofp", whole, type), number(type, 2.0**-53))
    digits = 24 if type.element == F32.element else 11
    single = type.with_element(F32)
    whole = b.binary("lshr", words, number(words.type, 32 - digits))
    found = b.binary("fmul", b.convert("uitofp", whole, single), number(single, 2.0**-digits))
    return b.convert("fptrunc", found, type) if type.element == F16.element else found


def _run(b: Builder, known: Stream, first: Operand, count: int) -> Operand:
    """The words of blocks that follow each other: i32 in each lane."""
    blocks = known.blocks
    block = b.binary("lshr", first, number(I64, 2 if count == 1 else 1))
    lanes = Operand(
        I64.vector(2 * blocks),
        f"<{', '.join([f'i64 {i}' for i in range(blocks)] + ['i64 0'] * blocks)}>",
    )
    if blocks == 1:
        index = _halves(b, block, number(I64, 0), 1)
    else:
        index = b.add(_halves(b, block, number(I64, 0), blocks), lanes)
    even, odd = _philox(b, known, index)
    order = [j + k * blocks for j in range(blocks) for k in (0, 2, 1, 3)]
    return b.shuffle(even, odd, order)


def _each(b: Builder, known: Stream, positions: Operand, count: int) -> Operand:
    """The words of each position by itself, those of a lane next to each other."""
    lanes = known.blocks
    block = b.binary("lshr", positions, number(positions.type, 2 if count == 1 else 1))
    zeros = number(positions.type, 0)
    even, odd = _philox(b, known, b.shuffle(block, zeros, range(2 * lanes)))
    four = [b.shuffle(x, x, [k * lanes + j for j in range(lanes)]) for k in (0, 1) for x in (even, odd)]  # fmt: skip

    def bit(n: int) -> Operand:
        one = b.binary("and", positions, number(positions.type, 1 << n))
        return b.compare("ne", one, zeros)

    if count == 1:
        upper, low = bit(1), bit(0)
        pairs = [b.select(upper, four[2 + k], four[k]) for k in (0, 1)]
        return b.select(low, pairs[1], pairs[0])
    low = bit(0)
    pairs = [b.select(low, four[2 + k], four[k]) for k in (0, 1)]
    return b.shuffle(pairs[0], pairs[1], [j + k * lanes for j in range(lanes) for k in (0, 1)])


def _philox(b: Builder, known: Stream, index: Operand) -> tuple[Operand, Operand]:
    """The even and the odd words (i32) of the blocks of these numbers, which stand in the first half of the lanes."""
    blocks, type = known.blocks, index.type
    word, half = number(type, WORD), number(type, 32)
    even = b.binary("or", b.binary("and", index, word), known.upper[0])
    odd = b.binary("or", b.binary("lshr", index, half), known.upper[1])
    factors = _constants(*MULTIPLIERS, blocks)
    swapped = [*range(blocks, 2 * blocks), *range(blocks)]
    for key in known.keys:
        # With the mask it is known to be a product of 32-bit numbers, for which there is an instruction.
        products = b.mul(b.binary("and", even, word), factors)
        products = b.shuffle(products, products, swapped)
        even = b.binary("xor", b.binary("xor", b.binary("lshr", products, half), odd), key)
        odd = b.binary("and", products, word)
    narrow = type.with_element(I32)
    return b.convert("trunc", even, narrow), b.convert("trunc", odd, narrow)


def _masked(b: Builder, x: Operand) -> Operand:
    return b.binary("and", x, number(I64, WORD))


def _high(b: Builder, x: Operand) -> Operand:
    return b.binary("lshr", x, number(I64, 32))


def _halves(b: Builder, first: Operand, second: Operand, blocks: int) -> Operand:
    """A vector with one number in the first half of the lanes and another one in the second."""
    order = [0] * blocks + [1] * blocks
    pair = Operand(I64.vector(2), "poison")
    pair = b.insert(b.insert(pair, first, 0), second, 1)
    return b.shuffle(pair, pair, order)


def _constants(first: int, second: int, blocks: int) -> Operand:
    listed = [f"i64 {first}"] * blocks + [f"i64 {second}"] * blocks
    return Operand(I64.vector(2 * blocks), f"<{', '.join(listed)}>")
