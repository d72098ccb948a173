"""Random numbers: the published generator, to the last bit, and with the right distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from bifront.compiler.errors import DTypeError, ShapeError
from bifront.compiler.ir import TensorType, dtype_of
from bifront.compiler.ops import (
    RANDOM_BITS,
    RANDOM_NORMAL,
    RANDOM_TRUNCATED_NORMAL,
    RANDOM_UNIFORM,
    Op,
)
from bifront.compiler.ops.philox import philox, words
from bifront.compiler.ops.quantile import natural_log, normal_quantile

FLOATS = ["float16", "float32", "float64"]
DRAWS = 200_000

# Drawn with seed 42, call 0 (the bits: call 7).
UNIFORM_16 = [0.61279296875, 0.46826171875, 0.07275390625]
UNIFORM_32 = [
    0.6129598617553711,
    0.4685865044593811,
    0.07323169708251953,
    0.3408614993095398,
    0.9877186417579651,
]
UNIFORM_64 = [0.4685865183391049, 0.34086154938517876, 0.32706338120338474]
NORMAL_32 = [
    0.28704190254211426,
    -0.07882346957921982,
    -1.4521371126174927,
    -0.4101129472255707,
    2.248211622238159,
]
NORMAL_64 = [-0.07882346885253179, -0.4101129427956514, -0.4480366278979277]
TRUNCATED_32 = [
    0.2736421525478363,
    -0.07523004710674286,
    -1.3246127367019653,
    -0.3904486894607544,
    1.8187776803970337,
]
BITS = [8262425701416122262, 3078716574685685018, 3460929226510628000]


def draw(op: Op, seed: int, call: int, count: int, dtype: str) -> np.ndarray:
    return op.evaluate(np.array([seed, call]), shape=(count,), dtype=dtype_of(dtype))


class TestPhilox:
    @pytest.mark.parametrize(
        ("counter", "key", "block"),
        [
            (
                (0, 0, 0, 0),
                (0, 0),
                (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
            ),
            (
                (0xFFFFFFFF,) * 4,
                (0xFFFFFFFF,) * 2,
                (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
            ),
            (
                (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
                (0xA4093822, 0x299F31D0),
                (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
            ),
        ],
    )
    def test_known_answers_of_the_authors(self, counter, key, block) -> None:
        found = philox(np.array(counter, np.uint64)[:, None], key)
        assert found[:, 0].tolist() == list(block)

    def test_agrees_with_arithmetic_on_whole_numbers(self) -> None:
        rng = np.random.default_rng(0)
        counters = rng.integers(0, 2**32, (4, 5), dtype=np.uint64)
        key = (0x9E3779B9, 0x12345678)
        found = philox(counters.copy(), key)
        for column in range(5):
            c0, c1, c2, c3 = map(int, counters[:, column])
            k0, k1 = key
            for _ in range(10):
                p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
                c0, c1 = p1 >> 32 ^ c1 ^ k0, p1 & 0xFFFFFFFF
                c2, c3 = p0 >> 32 ^ c3 ^ k1, p0 & 0xFFFFFFFF
                k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
            assert found[:, column].tolist() == [c0, c1, c2, c3]

    def test_an_element_does_not_depend_on_how_many_are_drawn(self) -> None:
        key = np.array([5, 6])
        many = words(key, 50_001)
        for count in (0, 1, 4, 7, 4096 * 4 + 3):
            np.testing.assert_array_equal(words(key, count), many[:count])

    def test_seeds_and_calls_give_streams_of_their_own(self) -> None:
        keys = [(0, 0), (1, 0), (0, 1), (1 << 32, 0), (0, 1 << 32), (-1, 0), (0, -1)]
        streams = {words(np.array(key), 8).tobytes() for key in keys}
        assert len(streams) == len(keys)


class TestSpecification:
    """These numbers may never change: programs, saved results and other backends rely on them."""

    def test_uniform(self) -> None:
        assert draw(RANDOM_UNIFORM, 42, 0, 5, "float32").tolist() == UNIFORM_32
        assert draw(RANDOM_UNIFORM, 42, 0, 3, "float64").tolist() == UNIFORM_64
        assert draw(RANDOM_UNIFORM, 42, 0, 3, "float16").tolist() == UNIFORM_16

    def test_normal(self) -> None:
        assert draw(RANDOM_NORMAL, 42, 0, 5, "float32").tolist() == NORMAL_32
        assert draw(RANDOM_NORMAL, 42, 0, 3, "float64").tolist() == NORMAL_64

    def test_truncated_normal(self) -> None:
        assert draw(RANDOM_TRUNCATED_NORMAL, 42, 0, 5, "float32").tolist() == TRUNCATED_32

    def test_bits(self) -> None:
        assert RANDOM_BITS.evaluate(np.array([42, 7]), shape=(3,)).tolist() == BITS

    def test_uniform_takes_the_upper_bits_of_its_words(self) -> None:
        whole = words(np.array([1, 2]), 6).tolist()
        assert draw(RANDOM_UNIFORM, 1, 2, 6, "float32").tolist() == [
            (w >> 8) / 2**24 for w in whole
        ]
        pairs = zip(whole[::2], whole[1::2], strict=True)
        assert draw(RANDOM_UNIFORM, 1, 2, 3, "float64").tolist() == [
            ((low | high << 32) >> 11) / 2**53 for low, high in pairs
        ]

    def test_shape_only_arranges_the_stream(self) -> None:
        f32 = dtype_of("float32")
        flat = RANDOM_NORMAL.evaluate(np.array([3, 4]), shape=(24,), dtype=f32)
        cube = RANDOM_NORMAL.evaluate(np.array([3, 4]), shape=(2, 3, 4), dtype=f32)
        np.testing.assert_array_equal(cube, flat.reshape(2, 3, 4))


class TestDistributions:
    @pytest.mark.parametrize("dtype", FLOATS)
    def test_uniform(self, dtype: str) -> None:
        x = draw(RANDOM_UNIFORM, 11, 0, DRAWS, dtype).astype(np.float64)
        assert x.min() >= 0
        assert x.max() < 1
        assert abs(x.mean() - 1 / 2) < 0.005
        assert abs(x.var() - 1 / 12) < 0.001
        if dtype != "float16":
            assert stats.kstest(x, "uniform").pvalue > 0.01

    @pytest.mark.parametrize("dtype", FLOATS)
    def test_normal(self, dtype: str) -> None:
        x = draw(RANDOM_NORMAL, 12, 0, DRAWS, dtype).astype(np.float64)
        assert np.isfinite(x).all()
        assert abs(x.mean()) < 0.01
        assert abs(x.var() - 1) < 0.015
        assert abs(stats.kurtosis(x)) < 0.05
        if dtype != "float16":
            assert stats.kstest(x, "norm").pvalue > 0.01

    @pytest.mark.parametrize("dtype", FLOATS)
    def test_truncated_normal(self, dtype: str) -> None:
        x = draw(RANDOM_TRUNCATED_NORMAL, 13, 0, DRAWS, dtype).astype(np.float64)
        assert np.abs(x).max() <= 2
        assert abs(x.mean()) < 0.01
        assert abs(x.var() - stats.truncnorm(-2, 2).var()) < 0.01
        if dtype != "float16":
            assert stats.kstest(x, stats.truncnorm(-2, 2).cdf).pvalue > 0.01

    def test_bits_are_not_negative_and_each_is_set_half_the_time(self) -> None:
        x = RANDOM_BITS.evaluate(np.array([14, 0]), shape=(DRAWS,))
        assert x.min() >= 0
        shares = [(x >> bit & 1).mean() for bit in range(63)]
        assert np.abs(np.array(shares) - 0.5).max() < 0.006

    def test_elements_calls_and_seeds_are_uncorrelated(self) -> None:
        x = draw(RANDOM_NORMAL, 15, 0, DRAWS, "float64")
        others = [x[1:], x[4:], draw(RANDOM_NORMAL, 15, 1, DRAWS, "float64")]
        others.append(draw(RANDOM_NORMAL, 16, 0, DRAWS, "float64"))
        for y in others:
            assert abs(np.corrcoef(x[: len(y)], y)[0, 1]) < 0.01


class TestQuantile:
    def test_agrees_with_scipy_over_the_whole_range(self) -> None:
        p = np.concatenate(
            [
                np.linspace(0, 1, 20_001)[1:-1],
                10.0 ** -np.arange(1, 300),
                1 - 2.0 ** -np.arange(2, 53),
            ]
        )
        np.testing.assert_allclose(normal_quantile(p), special.ndtri(p), rtol=4e-15, atol=1e-16)

    def test_is_odd_about_one_half(self) -> None:
        p = 2.0 ** -np.arange(2, 53)
        np.testing.assert_array_equal(normal_quantile(p), -normal_quantile(1 - p))

    def test_logarithm_agrees_with_the_library(self) -> None:
        rng = np.random.default_rng(0)
        x = np.concatenate(
            [np.exp(rng.uniform(-700, 700, 10_000)), rng.uniform(0.99, 1.01, 10_000)]
        )
        np.testing.assert_allclose(natural_log(x), np.log(x), rtol=1e-15)


class TestRejection:
    def test_a_key_of_another_type(self) -> None:
        with pytest.raises(DTypeError, match=r"a key is int64\[2\], not i32\[2\]"):
            RANDOM_BITS.infer(TensorType(dtype_of("int32"), (2,)), shape=(3,))

    def test_a_key_of_another_shape(self) -> None:
        with pytest.raises(ShapeError, match=r"not i64\[3\]"):
            RANDOM_BITS.infer(TensorType(dtype_of("int64"), (3,)), shape=(3,))

    def test_integers_asked_of_floats(self) -> None:
        key = TensorType(dtype_of("int64"), (2,))
        with pytest.raises(DTypeError, match="random numbers are floats, not i32"):
            RANDOM_NORMAL.infer(key, shape=(3,), dtype=dtype_of("int32"))
