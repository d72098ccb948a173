"""Which operands the kernels read where they lie; others are copied first."""

from __future__ import annotations

from ....compiler.fusion import View
from ....compiler.ir import Node
from .operations import CONVOLUTIONS, FILTER_GRADIENT

__all__ = ["is_straight"]

FEW = 4
"""Channels that may lie apart: of more, each element would be a line of the cache by itself."""


def is_straight(node: Node, operand: int, view: View) -> bool:
    """Whether the kernel of an operation on windows reads its operand through this view."""
    convolution = node.op in CONVOLUTIONS
    if convolution and operand == 1 and node.op is not FILTER_GRADIENT:
        return view.is_contiguous
    strides = [s for d, s in zip(view.shape, view.strides, strict=True) if d != 1]
    if not all(isinstance(s, int) for s in strides):
        return False
    channels = view.shape[-1]
    assert isinstance(channels, int)
    apart = channels != 1 and view.strides[-1] != 1
    if not convolution or operand == 1 or node.attrs["groups"] != 1:
        return not apart
    return not apart or channels <= FEW
