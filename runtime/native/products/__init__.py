"""Matrix products as code: register-tiled micro-kernels under cache-blocked loops."""

from typing import TYPE_CHECKING

from ....compiler.later import Later

if TYPE_CHECKING:
    from .blocks import column_step as column_step
    from .blocks import row_step as row_step
    from .blocks import scratch_bytes as scratch_bytes
    from .driver import PARAMETERS as PARAMETERS
    from .driver import emit_driver as emit_driver
    from .driver import emit_product as emit_product
    from .product import Epilogue as Epilogue
    from .product import Product as Product
    from .product import Tiling as Tiling

# A start that finds its code in the cache needs the tiling alone, to know what it is called there.
_WHERE = {
    ".blocks": ("column_step", "row_step", "scratch_bytes"),
    ".driver": ("PARAMETERS", "emit_driver", "emit_product"),
    ".product": ("Epilogue", "Product", "Tiling"),
}
_later = Later(
    globals(), single={name: (module, name) for module, names in _WHERE.items() for name in names}
)
__getattr__, __dir__ = _later.get, _later.names
