"""Devices other than the CPU, which there are none of: what programs ask before they use one.

``torch.cuda``, ``torch.accelerator``, ``torch.backends``, ``torch.version``, ``torch.mps``, ``torch.xpu``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from ..names import missing_name
from .device import device
from .legacy import CONSTRUCTORS
from .random import manual_seed


def _nothing(*_: Any, **__: Any) -> None:
    """Accepted: there is no device for which it would mean anything."""


def _zero(*_: Any, **__: Any) -> int:
    return 0


def _false(*_: Any, **__: Any) -> bool:
    return False


def _none(*_: Any, **__: Any) -> device | None:
    return None


def _module(name: str, **members: Any) -> ModuleType:
    """A module of this package, so that ``import bifront.imperative.cuda`` finds it too."""
    made = ModuleType(f"{__package__}.{name}")
    made.__dict__.update(members)

    def __getattr__(missing: str) -> Any:  # noqa: N807
        raise missing_name(f"torch.{name}", missing, made.__dict__)

    made.__getattr__ = __getattr__  # type: ignore[method-assign]
    sys.modules[made.__name__] = made
    return made


_DEVICE: dict[str, Any] = {
    "is_available": _false,
    "is_initialized": _false,
    "device_count": _zero,
    "current_device": _zero,
    "set_device": _nothing,
    "synchronize": _nothing,
    "empty_cache": _nothing,
    "manual_seed": manual_seed,
    "manual_seed_all": manual_seed,
    "memory_allocated": _zero,
    "max_memory_allocated": _zero,
    "memory_reserved": _zero,
    "reset_peak_memory_stats": _nothing,
    "is_bf16_supported": _false,
}

cuda = _module("cuda", **_DEVICE, **CONSTRUCTORS)
mps = _module("mps", **_DEVICE)
xpu = _module("xpu", **_DEVICE)
accelerator = _module(
    "accelerator",
    is_available=_false,
    current_accelerator=_none,
    device_count=_zero,
    synchronize=_nothing,
    set_device_index=_nothing,
)


class _Flags:
    """Switches of a backend: they may be set, and there is nothing that they would switch."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


backends = _module(
    "backends",
    cudnn=_Flags(
        benchmark=False, deterministic=False, enabled=False, allow_tf32=False,
        is_available=_false, version=_none,
    ),
    cuda=_Flags(matmul=_Flags(allow_tf32=False), is_built=_false),
    mps=_Flags(is_available=_false, is_built=_false),
    mkldnn=_Flags(enabled=False, is_available=_false),
    openmp=_Flags(is_available=_false),
)  # fmt: skip
version = _module("version", cuda=None, hip=None, __version__="2.0.0+bifront")


class _Threads:
    count = 1


def set_num_threads(n: int) -> None:
    """Accepted; NumPy's BLAS decides on threads."""
    _Threads.count = n


def get_num_threads() -> int:
    return _Threads.count


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: all algorithms are deterministic."""


def are_deterministic_algorithms_enabled() -> bool:
    return True


def set_default_device(d: object) -> None:
    """Accepted: tensors are on the CPU."""


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted: products are computed in the precision of their operands."""
