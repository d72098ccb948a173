"""Contenders in processes of their own, perhaps of other Pythons."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .plan import FLOOR, FRAMEWORKS, OWN, Contender

BENCHMARKS = Path(__file__).resolve().parent.parent


class Pythons:
    """The interpreter of each framework."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """
        Args:
            given: paths by framework; ``peers`` stands for all frameworks but bifront that have none of their own.

        Raises:
            SystemExit: a name is no framework, or a path is no program.
        """
        for name, path in given.items():
            if name not in FRAMEWORKS and name != "peers":
                raise SystemExit(f"--python {name}={path}: there is no framework {name!r}")
            if not os.access(path, os.X_OK):
                raise SystemExit(f"--python {name}={path}: no program is there")
        self._given = given

    def __getitem__(self, framework: str) -> str:
        own = framework in (OWN, FLOOR)
        return self._given.get(
            framework, sys.executable if own else self._given.get("peers", sys.executable)
        )

    def has(self, framework: str) -> bool:
        """Whether a framework is installed there; it is not imported."""
        return _has(self[framework], FRAMEWORKS[framework].package)


@functools.cache
def _has(python: str, package: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
    environment = _environment(OWN if package == OWN else package)
    return subprocess.run([python, "-c", code], env=environment).returncode == 0


def _environment(framework: str) -> dict[str, str]:
    paths = [str(BENCHMARKS)]
    if framework == OWN:
        # bifront itself, where it is this checkout and not an installed package that is measured.
        paths += [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
        paths.append(str(BENCHMARKS.parent))
    # Installers compile to bytecode; a checkout is compiled by its first start, if that may keep it.
    rest = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**rest, "PYTHONPATH": os.pathsep.join(paths)}


class Process:
    """A worker: it says lines of JSON, and is asked by lines."""

    def __init__(
        self,
        contender: Contender,
        python: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        everything = {**_environment(contender.framework), **(environment or {})}
        if contender.backend:
            everything["BIFRONT_BACKEND"] = contender.backend
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [python, "-m", "peers.worker", contender.framework, contender.mode, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=everything,
            cwd=BENCHMARKS,
        )
        self._complaints: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def answers(self) -> Iterator[dict[str, Any]]:
        """What it says, until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("@{"):
                yield json.loads(line[1:])

    def answer(self, limit: float) -> dict[str, Any]:
        """The next thing it says.

        Raises:
            Failure: it ended, or said nothing for so many seconds and was ended.
        """
        timer = threading.Timer(limit, self._process.kill)
        timer.start()
        try:
            for found in self.answers():
                return found
        finally:
            over = not timer.is_alive()
            timer.cancel()
        self._process.wait()
        self._listener.join(1)
        reason = self._complaints[-1] if self._complaints else "it ended without a word"
        raise Failure(f"nothing within {limit:.0f} s" if over else reason[:200])

    def ask(self, line: str, limit: float) -> dict[str, Any]:
        """Raises: Failure, as `answer`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; answer says why
        return self.answer(limit)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        self._complaints.extend(s.strip() for s in self._process.stderr if s.strip())


class Failure(Exception):
    """A contender gave no result; the message says why."""
