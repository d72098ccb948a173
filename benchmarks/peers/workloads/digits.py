"""scikit-learn's handwritten digits, from a file that the driver wrote, so that workers need NumPy only."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

FOLDER = "BIFRONT_BENCH_DATA"
"""The environment variable that names the folder with the data."""


def folder() -> Path:
    return Path(os.environ[FOLDER])


def store() -> None:
    """Write the digits into the folder."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise SystemExit("the digits come with scikit-learn: pip install scikit-learn") from error
    images, labels = load_digits(return_X_y=True)
    np.savez(folder() / "digits.npz", x=(images / 16).astype(np.float32), y=labels.astype(np.int64))


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1797 images of 8 x 8 in [0, 1], as rows, and their classes."""
    with np.load(folder() / "digits.npz") as file:
        return file["x"], file["y"]


def batches(size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Whole batches, in the order of the data set."""
    x, y = digits()
    starts = range(0, len(x) - size + 1, size)
    return [(np.ascontiguousarray(x[i : i + size]), y[i : i + size].copy()) for i in starts]
