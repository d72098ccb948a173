"""The values of summaries as messages: numbers, histograms, images, texts."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from . import wire


def scalar(tag: str, value: float) -> bytes:
    """A summary of one number."""
    return _summary(tag, wire.float32(2, value))


def histogram(tag: str, values: np.ndarray) -> bytes:
    """A summary of how numbers are distributed, over buckets that grow by 10 % each."""
    numbers = np.asarray(values, np.float64).ravel()
    finite = numbers[np.isfinite(numbers)]
    counts, limits = _buckets(finite)
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    message = (
        wire.double(1, float(low))
        + wire.double(2, float(high))
        + wire.double(3, float(finite.size))
        + wire.double(4, float(finite.sum()))
        + wire.double(5, float((finite**2).sum()))
        + wire.doubles(6, limits)
        + wire.doubles(7, counts)
    )
    return _summary(tag, wire.chunk(5, message))


def _limits() -> np.ndarray:
    positive = [1e-12]
    while positive[-1] < 1e20:
        positive.append(positive[-1] * 1.1)
    most = np.finfo(np.float64).max
    return np.array([-most, *(-x for x in reversed(positive)), 0.0, *positive, most])


_LIMITS = _limits()


def _buckets(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and upper limits, runs of empty buckets merged."""
    counts = np.bincount(
        np.searchsorted(_LIMITS, numbers, side="right"), minlength=len(_LIMITS)
    ).astype(float)[: len(_LIMITS)]
    if not numbers.size:
        return np.zeros(1), _LIMITS[-1:]
    # The last of a run of empty buckets tells where the next full one begins.
    keep = (counts > 0) | np.append(counts[1:] > 0, False)
    return counts[keep], _LIMITS[keep]


def image(tag: str, pixels: np.ndarray) -> bytes:
    """A summary of one picture, uint8 ``[height, width, channels]`` with 1, 3 or 4 channels, kept as PNG."""
    height, width, channels = pixels.shape
    message = (
        wire.integer(1, height)
        + wire.integer(2, width)
        + wire.integer(3, channels)
        + wire.chunk(4, png(pixels))
    )
    return _summary(tag, wire.chunk(4, message))


def text(tag: str, content: bytes) -> bytes:
    """A summary of a text."""
    plugin = wire.chunk(1, wire.chunk(1, b"text"))
    tensor = wire.integer(1, 7) + wire.chunk(8, content)
    return _summary(tag, wire.chunk(9, plugin) + wire.chunk(8, tensor))


def _summary(tag: str, value: bytes) -> bytes:
    return wire.chunk(1, wire.chunk(1, tag.encode()) + value)


def png(pixels: np.ndarray) -> bytes:
    """uint8 ``[height, width, channels]`` as a PNG file (https://www.w3.org/TR/png/)."""
    height, width, channels = pixels.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels))

    def part(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(rows))
        + part(b"IEND", b"")
    )


def to_pixels(images: np.ndarray) -> np.ndarray:
    """Images as uint8: floats from 0 to their maximum, or, with negative ones, around a grey of 127."""
    if images.dtype == np.uint8:
        return images
    found = np.zeros(images.shape, np.uint8)
    for i, picture in enumerate(np.asarray(images, np.float64)):
        clean = np.where(np.isfinite(picture), picture, 0)
        low, high = float(clean.min(initial=0)), float(clean.max(initial=0))
        if low < 0:
            most = max(-low, high)
            scale, shift = (127 / most if most else 0), 128.0
        else:
            scale, shift = (255 / high if high else 0), 0.0
        found[i] = np.clip(clean * scale + shift, 0, 255)
    return found


def event(content: bytes, wall_time: float, step: int | None = None) -> bytes:
    """One entry of an event file."""
    when = wire.double(1, wall_time)
    return when + (wire.integer(2, step) if step is not None else b"") + content
