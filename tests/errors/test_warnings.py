"""What compiled functions and loops tell without ending the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MISSING = """import bifront.imperative as torch

names = [str(n) for n in range(100)]


@torch.compile
def named(x):
    return x * 2, names[x.sum().item()]


for n in range(40):
    doubled, name = named(torch.tensor([n]))
    assert (doubled.item(), name) == (2 * n, str(n))
print(named.stats.eager_runs > 20)
"""


def test_a_line_that_keeps_missing_is_named_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(MISSING)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"
    assert done.stderr.count("Warning") == 1
    place = f"{script}:{MISSING[: MISSING.index('names[x')].count(chr(10)) + 1}"
    assert f"{place}: named looked at more than" in done.stderr
    assert "torch.where" in done.stderr  # what to write instead


def test_a_loop_without_end_stops_at_its_maximum(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import bifront.static as tf\n\n"
        "n = tf.while_loop(lambda n: True, lambda n: n + 1, [0], maximum_iterations=10)\n"
        "with tf.Session() as session:\n    print(session.run(n))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "10\n"  # as TensorFlow gives
