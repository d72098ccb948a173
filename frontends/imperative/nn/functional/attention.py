"""Attention."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

from math import sqrt

from ...tensor import Tensor
from .activation import softmax
from .dropout import dropout

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query @ key.T * scale) @ value`` on the last two dimensions.

    Args:
        query: ``[*, l, e]``.
        key, value: ``[*, s, e]`` and ``[*, s, v]``.
        attn_mask: broadcasts to ``[*, l, s]``: True where to look, or numbers to add.
        is_causal: look only back; excludes ``attn_mask``.
        scale: ``1 / sqrt(e)`` by default.
        enable_gqa: several heads of queries share each head of keys and values.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        times = query.size(-3) // key.size(-3)
        key, value = key.repeat_interleave(times, -3), value.repeat_interleave(times, -3)
    scores = query @ key.transpose(-2, -1) * (1 / sqrt(query.size(-1)) if scale is None else scale)
    if is_causal:
        attn_mask = query.new_ones(query.size(-2), key.size(-2)).tril() > 0
    if attn_mask is not None:
        if attn_mask.array.data.dtype.kind == "b":
            scores = scores.masked_fill(attn_mask.logical_not(), float("-inf"))
        else:
            scores = scores + attn_mask
    return dropout(softmax(scores, -1), dropout_p) @ value
