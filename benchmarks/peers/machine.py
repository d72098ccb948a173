"""What the machine is, and what else it does meanwhile."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
FEATURES = ("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_tile", "asimd", "sve")


def facts() -> dict[str, str]:
    """Processor, what it can do, cores, memory, system."""
    made = {"processor": platform.processor() or platform.machine()}
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = (s.partition(":") for s in info.read_text().splitlines())
        fields = {key.strip(): value.strip() for key, colon, value in lines if colon}
        name = fields.get("model name", made["processor"])
        made["processor"] = (
            f"{name}, family {fields.get('cpu family')}, model {fields.get('model')}"
        )
        has = fields.get("flags", fields.get("Features", "")).split()
        made["features"] = " ".join(f for f in FEATURES if f in has)
        made["cache"] = fields.get("cache size", "")
    made["cores"] = str(os.cpu_count())
    memory = Path("/proc/meminfo")
    if memory.exists():
        kilobytes = int(memory.read_text().split()[1])
        made["memory"] = f"{kilobytes / 2**20:.0f} GiB"
    made["system"] = f"{platform.system()} {platform.release()}"
    made["python"] = platform.python_version()
    made["load at the start"] = " ".join(f"{v:.2f}" for v in os.getloadavg())
    return made


class Others:
    """The share of the machine's processor time that others take from now on."""

    def __init__(self) -> None:
        self._start, self._busy = time.perf_counter(), _busy()

    def share(self, own: float) -> float:
        """
        Args:
            own: processor seconds that were the measured program's.
        """
        span = (time.perf_counter() - self._start) * (os.cpu_count() or 1)
        return max(0.0, min(1.0, (_busy() - self._busy - own) / max(span, 1e-9)))


def wait_until_quiet(limit: float = 0.3) -> None:
    """Wait, but not long, for a moment in which little else runs."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        others = Others()
        time.sleep(0.05)
        if others.share(0.0) < 0.1:
            return


def _busy() -> float:
    """Processor seconds that anything has used since the machine started, time stolen by its host included."""
    path = Path("/proc/stat")
    if not path.exists():
        return 0.0
    user, nice, system, _, _, *rest = (int(v) for v in path.read_text().split()[1:9])
    return (user + nice + system + sum(rest)) / TICKS
