"""Records what TensorFlow gives for `expressions.EXPRESSIONS`: run it where TensorFlow 2 is installed.

    python record_expressions.py

writes ``expressions.npz`` beside it. TensorFlow 2.15's ``compat.v1`` computed the file that is there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf
from expressions import EXPRESSIONS, evaluate


def main() -> None:
    tf.disable_v2_behavior()
    recorded = {
        f"{i}.{j}": value
        for i, text in enumerate(EXPRESSIONS)
        for j, value in enumerate(evaluate(tf, text))
        if value.dtype.kind in "biuf"
    }
    np.savez_compressed(Path(__file__).with_suffix(".npz").with_stem("expressions"), **recorded)


if __name__ == "__main__":
    main()
