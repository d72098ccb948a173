"""How many threads the native backend uses."""

from __future__ import annotations


def get_num_threads() -> int:
    """How many threads a kernel may use, the calling one included: by default as many as there are cores.

    The environment variable ``BIFRONT_NUM_THREADS`` sets another default.
    """
    from .runtime.native import threads

    return threads.get_num_threads()


def set_num_threads(count: int) -> None:
    """Let kernels use so many threads from now on, the calling one included. Small kernels stay on one.

    Raises:
        ValueError: it is less than 1.
    """
    from .runtime.native import threads

    threads.set_num_threads(count)
