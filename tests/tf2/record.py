"""Records what TensorFlow gives for `expressions` and `programs`: run it where TensorFlow 2 is installed.

    python record.py

writes ``expressions.npz`` and ``programs.json`` beside it. TensorFlow 2.15 computed the files that are there.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from expressions import ERRORS, EXPRESSIONS, evaluate, kinds
from programs import PROGRAMS, plain


def main() -> None:
    values = {
        f"{text}|{i}": np.asarray(value)
        for text in EXPRESSIONS
        for i, value in enumerate(evaluate(tf, text))
    }
    here = Path(__file__)
    np.savez_compressed(
        here.with_name("expressions.npz"),
        keys=np.array(list(values)),
        **{f"v{i}": value for i, value in enumerate(values.values())},
    )
    recorded = {
        "programs": {name: plain(run(tf)) for name, run in PROGRAMS.items()},
        "errors": {text: kinds(tf, text) for text in ERRORS},
    }
    here.with_name("programs.json").write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
