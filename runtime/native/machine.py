"""The machine that code is generated for: vector width, caches, cores, and a key that names it.

What is read here is read on every start of a process, so it comes from the operating system in microseconds. LLVM's own
names of the CPU and its features are asked for only where something is compiled (`engine`).
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

VECTOR_BYTES = "BIFRONT_VECTOR_BYTES"
"""The environment variable that narrows the vectors: 16, 32 or 64."""

_AVX512 = frozenset(("avx512f", "avx512bw", "avx512dq", "avx512vl"))
_AVX2 = frozenset(("avx2", "fma"))


@dataclass(frozen=True, slots=True)
class Machine:
    """What code generation must know of a CPU.

    Attributes:
        architecture: ``x86_64``, ``aarch64``, ...
        vector_bytes: the width of a vector register as code uses it: 64, 32 or 16.
        vector_registers: how many there are.
        masks: masked loads and stores are instructions (AVX-512), not sequences of scalar ones.
        l1_bytes, l2_bytes, l3_bytes: data caches as one core sees them.
        line_bytes: a line of the caches.
        cores: how many this process may use.
        key: differs between machines that cannot run each other's code; for caches.
    """

    architecture: str
    vector_bytes: int
    vector_registers: int
    masks: bool
    l1_bytes: int
    l2_bytes: int
    l3_bytes: int
    line_bytes: int
    cores: int
    key: str

    @property
    def avx512(self) -> bool:
        """Whether code uses AVX-512: its registers, and instructions that only it has."""
        return self.architecture == "x86_64" and self.vector_bytes == 64

    @property
    def attributes(self) -> str:
        """Attributes of LLVM functions that keep vectors of `vector_bytes` whole."""
        bits = self.vector_bytes * 8
        if self.architecture != "x86_64":
            return ""
        return f'"prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}"'

    def lanes(self, itemsize: int) -> int:
        """Elements of so many bytes in one vector."""
        return self.vector_bytes // itemsize


@cache
def machine() -> Machine:
    """The machine that this process runs on.

    Raises:
        ValueError: the environment asks for vectors that are not 16, 32 or 64 bytes wide.
    """
    architecture = {"AMD64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine(), platform.machine()
    )
    model, flags = _identity()
    widest = _widest(architecture, flags)
    chosen = min(widest, _asked())
    caches = _caches()
    return Machine(
        architecture=architecture,
        vector_bytes=chosen,
        vector_registers=32 if chosen == 64 or architecture == "aarch64" else 16,
        masks=widest == 64,
        l1_bytes=caches.get(1, 32 << 10),
        l2_bytes=caches.get(2, 512 << 10),
        l3_bytes=caches.get(3, 8 << 20),
        line_bytes=caches.get(0, 64),
        cores=_cores(),
        key=sha256(
            f"{sys.platform} {architecture} {model} {sorted(flags)} {chosen}".encode()
        ).hexdigest(),
    )


def _asked() -> int:
    text = os.environ.get(VECTOR_BYTES, "").strip()
    if text not in ("", "16", "32", "64"):
        raise ValueError(f"{VECTOR_BYTES} is {text!r}; use 16, 32 or 64")
    return int(text or 64)


def _widest(architecture: str, flags: frozenset[str]) -> int:
    if architecture != "x86_64":
        return 16
    return 64 if flags >= _AVX512 else 32 if flags >= _AVX2 else 16


def _identity() -> tuple[str, frozenset[str]]:
    """A name of the CPU model, and the features that the operating system lets programs use."""
    described = _proc_cpuinfo()
    flags = described.get("flags") or described.get("Features")
    if flags is None:
        return _asked_of_llvm()
    names = (
        "vendor_id",
        "cpu family",
        "model",
        "stepping",
        "CPU implementer",
        "CPU part",
        "CPU variant",
    )
    return "/".join(described[n] for n in names if n in described), frozenset(flags.split())


def _proc_cpuinfo() -> dict[str, str]:
    """What Linux says of the first CPU; elsewhere nothing."""
    try:
        # One read: the kernel writes the later CPUs only when they are asked for.
        descriptor = os.open("/proc/cpuinfo", os.O_RDONLY)
    except OSError:
        return {}
    try:
        text = os.read(descriptor, 8192).decode("ascii", "replace")
    finally:
        os.close(descriptor)
    lines = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def _asked_of_llvm() -> tuple[str, frozenset[str]]:
    try:
        from llvmlite import binding
    except ImportError:
        return platform.processor() or "unknown", frozenset()
    features = binding.get_host_cpu_features()
    return binding.get_host_cpu_name(), frozenset(name for name, has in features.items() if has)


def _caches() -> dict[int, int]:
    """Bytes of the data caches by level, and under 0 those of a line, as far as the system tells."""
    found: dict[int, int] = {}
    for index in range(4):
        folder = f"/sys/devices/system/cpu/cpu0/cache/index{index}/"
        try:
            if _word(folder + "type") == "Instruction":
                continue
            level, size = int(_word(folder + "level")), _word(folder + "size")
            scale = {"K": 1 << 10, "M": 1 << 20}.get(size[-1:], 1)
            found[level] = int(size.rstrip("KM")) * scale
            found[0] = int(_word(folder + "coherency_line_size"))
        except (OSError, ValueError):
            continue
    return found


def _word(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 64).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)


def _cores() -> int:
    """The cores that this process may run on, or less where a container's share is smaller."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:
        allowed = os.cpu_count() or 1
    try:
        quota, _, period = _word("/sys/fs/cgroup/cpu.max").partition(" ")
        return max(1, min(allowed, -(-int(quota) // int(period))))
    except (OSError, ValueError, ZeroDivisionError):
        return max(1, allowed)
