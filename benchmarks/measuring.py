"""What the benchmarks share: one number of threads, interleaved samples, contenders in processes of their own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Sample = Callable[[], float]
"""One measurement, in microseconds."""


def hold_threads(count: int) -> None:
    """Start this program again with that number of BLAS threads, unless it has it.

    BLAS reads the setting when it is loaded, so it has to be there before NumPy is imported.
    """
    wanted = str(count)
    if any(os.environ.get(name) != wanted for name in THREADS):
        os.environ.update(dict.fromkeys(THREADS, wanted))
        os.execv(sys.executable, [sys.executable, *sys.argv])


def interleaved(contenders: Mapping[str, Sample], rounds: int) -> dict[str, list[float]]:
    """Samples of all contenders, in a random order in each round, after one that does not count."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    shuffle = random.Random(0)
    for sample in contenders.values():
        sample()
    for _ in range(rounds):
        shuffle.shuffle(order)
        for name in order:
            times[name].append(contenders[name]())
    return times


class Peer:
    """A contender in a process of its own, perhaps of another Python, that answers each line with a number.

    Attributes:
        version: what it says first.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**inherited, **(environment or {})},
        )
        self.version = self._line()

    def ask(self, what: str) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a process ended: {self._process.args}")
        return line.strip()


def answer(version: str, questions: Mapping[str, Callable[[], float]]) -> None:
    """The other end of a `Peer`."""
    print(version, flush=True)
    for line in sys.stdin:
        print(questions[line.strip()](), flush=True)
