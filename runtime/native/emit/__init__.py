"""LLVM IR, written as text: types, operands, and the builder of functions and modules."""

from .builder import Builder, Loop
from .module import Module
from .types import F16, F32, F64, I1, I8, I16, I32, I64, PTR, Operand, Type, number

__all__ = [
    "Builder", "F16", "F32", "F64", "I1", "I16", "I32", "I64", "I8", "Loop", "Module", "Operand", "PTR", "Type",
    "number",
]  # fmt: skip
