"""Records what TensorFlow gives for `behaviours.BEHAVIOURS`: run it where TensorFlow 2 is installed.

    python record_behaviours.py

writes ``behaviours.json`` beside it. TensorFlow 2.15's ``compat.v1`` computed the file that is there.
"""

from __future__ import annotations

import json
from pathlib import Path

import tensorflow.compat.v1 as tf
from behaviours import BEHAVIOURS, plain


def main() -> None:
    tf.disable_v2_behavior()
    recorded = {}
    for name, program in BEHAVIOURS.items():
        with tf.Graph().as_default():
            recorded[name] = plain(program(tf))
    Path(__file__).with_name("behaviours.json").write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
