"""Memory that is free in the middle of the heap goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from bifront.runtime.giving_back import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

pieces = [np.ones(8 << 10) for _ in range(400)]  # of 64 KiB, which lie side by side on the heap
del pieces[:-1]
before = resident()
assert give_back() == (sys.argv[1] == "glibc")
print(before - resident())
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="reads Linux' files about processes"
)
def test_what_is_free_below_what_is_in_use_goes_back() -> None:
    import platform

    library = platform.libc_ver()[0]
    command = [sys.executable, "-c", PROGRAM, library]
    freed = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if library == "glibc":
        assert freed > 16 << 20
