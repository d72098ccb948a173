"""Matrix products as code: register-tiled micro-kernels under cache-blocked loops."""

from .blocks import column_step, row_step, scratch_bytes
from .driver import PARAMETERS, emit_product
from .product import Epilogue, Product, Tiling

__all__ = [
    "Epilogue", "PARAMETERS", "Product", "Tiling", "column_step", "emit_product", "row_step", "scratch_bytes",
]  # fmt: skip
