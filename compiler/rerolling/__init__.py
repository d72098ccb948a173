"""Loops from repetition: a path in which a loop of the program was unrolled gets the loop back."""

from .refusal import Refusal
from .reroll import Loop, Rerolled, reroll
from .unroll import unroll

__all__ = ["Loop", "Refusal", "Rerolled", "reroll", "unroll"]
