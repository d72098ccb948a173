"""What an entry must know of a kernel: its arguments, its results, and the memory that it is lent.

A kernel is a native function ``i64 kernel(ptr frame)``. The frame is an array of words of 8 bytes:

====  =====================================================================================
word  what
====  =====================================================================================
0     the address of the runtime table (`RUNTIME_WORDS` words: `Description.runtime`)
1     the arena, aligned to 64 bytes; null where the kernel needs none
2     the address of a table with the addresses of the constants
3     the address of a table with sizes (signed, 64 bits)
4...  the data of each parameter, then the data of each result
====  =====================================================================================

It gives 0, or a status above 0 for a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Shape: TypeAlias = "tuple[int, ...]"
Arrays: TypeAlias = "tuple[np.ndarray, ...]"

RUNTIME_WORDS = 16


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument: a C-contiguous, aligned array in the machine's byte order.

    Attributes:
        dtype: of its elements.
        shape: all sizes are known here; other sizes are a miss.
        written: the kernel writes to it: it must be writeable and share no memory with another argument.
    """

    dtype: np.dtype[np.generic]
    shape: Shape
    written: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A result.

    Attributes:
        dtype: of its elements.
        shape: all sizes are known here.
        parameter: the parameter that comes back as this result, the very object: as the kernel leaves it where the
            parameter is ``written``, else as it was. None: the result is a new array.
    """

    dtype: np.dtype[np.generic]
    shape: Shape
    parameter: int | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A kernel and all that its calls need.

    Attributes:
        kernel: its address.
        parameters, results: in order.
        miss: called with the arguments where they are not as the parameters say; what it returns, the entry returns.
            It may be another entry, for other sizes.
        fail: called with the status and the arguments where the kernel gives one; it should raise.
        arena_bytes: memory that a call has to itself.
        constants: their data is in the frame's table; they are kept alive.
        sizes: the frame's table of sizes.
        runtime: the first words of the runtime table.
        release: let other Python threads run meanwhile. It costs some 50 ns, and more where they do run.
        kept: whatever must live as long as the entry, such as the code.
    """

    kernel: int
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    miss: Callable[..., object]
    fail: Callable[..., object]
    arena_bytes: int = 0
    constants: tuple[np.ndarray, ...] = ()
    sizes: tuple[int, ...] = ()
    runtime: tuple[int, ...] = ()
    release: bool = False
    kept: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        """Raises: ValueError if something cannot be."""
        if not self.kernel:
            raise ValueError("a kernel has no address")
        if len(self.runtime) > RUNTIME_WORDS:
            raise ValueError(
                f"the runtime table has {RUNTIME_WORDS} words, not {len(self.runtime)}"
            )
        for array in self.constants:
            if not array.flags.c_contiguous or not array.flags.aligned:
                raise ValueError("a constant is not contiguous")
        for result in self.results:
            if result.parameter is None:
                continue
            source = self.parameters[result.parameter]
            if source.shape != result.shape or source.dtype != result.dtype:
                raise ValueError(f"result {result} is not parameter {source}")
