"""Records what TensorFlow gives for `control_programs.PROGRAMS`: run it where TensorFlow 2 is installed.

    python record_control.py

writes ``control.json`` beside it. TensorFlow 2.15's ``compat.v1`` computed the file that is there.
"""

from __future__ import annotations

import json
from pathlib import Path

import tensorflow.compat.v1 as tf
from behaviours import plain
from control_programs import PROGRAMS


def main() -> None:
    tf.disable_v2_behavior()
    recorded = {}
    for name, program in PROGRAMS.items():
        with tf.Graph().as_default():
            recorded[name] = plain(program(tf))
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(value)}" for name, value in recorded.items()
    )
    Path(__file__).with_name("control.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
