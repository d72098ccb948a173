"""`FileWriter`: event files that TensorBoard reads."""

from __future__ import annotations

import itertools
import os
import socket
import time
from pathlib import Path
from typing import BinaryIO

from . import messages, wire

__all__ = ["FileWriter", "FileWriterCache"]

_serial = itertools.count()


class FileWriter:
    """Writes summaries to a new event file in a folder, which is made if it does not exist.

    Args:
        graph: accepted; TensorBoard's picture of a graph is not written (bifront draws its own).
    """

    def __init__(
        self,
        logdir: str,
        graph: object = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        graph_def: object = None,
        filename_suffix: str | None = None,
        session: object = None,
    ) -> None:
        folder = Path(logdir)
        folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        name = (
            f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}."
            f"{next(_serial)}{filename_suffix or ''}"
        )
        self._logdir = str(logdir)
        self._path = folder / name
        self._file: BinaryIO | None = self._path.open("wb")
        self._interval, self._flushed = flush_secs, now
        self._write(wire.chunk(3, b"brain.Event:2"), None)

    def get_logdir(self) -> str:
        return self._logdir

    def add_summary(self, summary: bytes, global_step: object = None) -> None:
        """Add what running a summary operation gave, for a step."""
        if not isinstance(summary, bytes):
            raise TypeError(
                f"add_summary takes what session.run gives for a summary, not {type(summary).__name__}"
            )
        step = None if global_step is None else int(global_step)  # type: ignore[call-overload]
        self._write(wire.chunk(5, summary), step)

    def add_graph(
        self, graph: object, global_step: object = None, graph_def: object = None
    ) -> None:
        """Accepted; TensorBoard's picture of a graph is not written (bifront draws its own)."""

    def add_run_metadata(self, run_metadata: object, tag: str, global_step: object = None) -> None:
        """Accepted; there are no run metadata to write."""

    def add_session_log(self, session_log: object, global_step: object = None) -> None:
        """Accepted; there are no session logs to write."""

    def _write(self, content: bytes, step: int | None) -> None:
        if self._file is None:
            self._file = self._path.open("ab")
        now = time.time()
        self._file.write(wire.record(messages.event(content, now, step)))
        if now - self._flushed > self._interval:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._flushed = time.time()
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Flush and close; a later summary opens the file again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def reopen(self) -> None:
        if self._file is None:
            self._file = self._path.open("ab")

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


SummaryWriter = FileWriter
"""Its name before TensorFlow 1, in ``tf.train``."""


class FileWriterCache:
    """One writer for each folder."""

    _writers: dict[str, FileWriter] = {}  # noqa: RUF012 - shared on purpose

    @classmethod
    def get(cls, logdir: str) -> FileWriter:
        if logdir not in cls._writers:
            cls._writers[logdir] = FileWriter(logdir)
        return cls._writers[logdir]

    @classmethod
    def clear(cls) -> None:
        for writer in cls._writers.values():
            writer.close()
        cls._writers.clear()
