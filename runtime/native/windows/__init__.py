"""Convolutions and poolings in native code: windows that are read where they lie, channels last."""

from typing import TYPE_CHECKING

from ....compiler.later import Later

if TYPE_CHECKING:
    from .kernel import WindowKernel as WindowKernel
    from .kernels import KERNELS as KERNELS
    from .lowering import channels_last as channels_last
    from .operands import is_straight as is_straight
    from .operations import WINDOWED as WINDOWED

# A start that finds its code in the cache writes none.
_WHERE = {
    "KERNELS": ".kernels",
    "WINDOWED": ".operations",
    "WindowKernel": ".kernel",
    "channels_last": ".lowering",
    "is_straight": ".operands",
}
_later = Later(globals(), single={name: (module, name) for name, module in _WHERE.items()})
__getattr__, __dir__ = _later.get, _later.names
