"""``torch.nn.utils.rnn``: sequences of different lengths, padded or packed."""

# mypy: disable-error-code="no-any-return"
# (Methods of tensors are attached at import.)

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ....names import missing_name
from ...combining import cat
from ...creation import from_numpy
from ...outside import numbers
from ...tensor import Tensor

__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpad_sequence",
]  # fmt: skip


class PackedSequence(NamedTuple):
    """Sequences of falling length, interleaved: all first elements, then all second ones, and so on.

    Attributes:
        data: ``[total, *]``.
        batch_sizes: how many sequences have a first element, a second one, ...
        sorted_indices: where each packed sequence stood in the batch; None: they came sorted.
        unsorted_indices: the inverse.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        return self._replace(data=self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        return self

    def cuda(self, *_: Any, **__: Any) -> PackedSequence:
        return self


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences ``[length, *]`` as one tensor ``[longest, n, *]`` (``[n, longest, *]`` if ``batch_first``)."""
    from ...combining import stack

    longest = max(s.size(0) for s in sequences)
    padded = []
    for s in sequences:
        missing = longest - s.size(0)
        if missing:
            filler = s.new_full((missing, *s.shape[1:]), padding_value)
            s = cat([s, filler] if padding_side == "right" else [filler, s])
        padded.append(s)
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """What `pad_sequence` padded."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:n] for row, n in zip(rows, _as_ints(lengths), strict=True)]


def _as_ints(lengths: Any) -> list[int]:
    return [int(n) for n in np.asarray(numbers(lengths)).reshape(-1)]


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Iterable[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Pack ``[longest, n, *]`` (``[n, longest, *]`` if ``batch_first``), leaving the padding out.

    Args:
        enforce_sorted: whether the sequences must come by falling length; False sorts them.

    Raises:
        RuntimeError: a length of 0, or lengths that are not sorted although they must be.
    """
    sizes = np.asarray(_as_ints(lengths))
    if (sizes <= 0).any():
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    order = inverse = None
    if enforce_sorted:
        if (np.diff(sizes) > 0).any():
            raise RuntimeError(
                "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
                "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence "
                "to sidestep this requirement if you do not need ONNX exportability."
            )
    else:
        ranks = np.argsort(-sizes, kind="stable")
        sizes = sizes[ranks]
        order = from_numpy(ranks)
        inverse = from_numpy(np.argsort(ranks, kind="stable"))
        input = input[order] if batch_first else input[:, order]
    steps = input.transpose(0, 1) if batch_first else input
    counts = [int((sizes > t).sum()) for t in range(int(sizes[0]))]
    data = cat([steps[t, :n] for t, n in enumerate(counts)])
    return PackedSequence(data, from_numpy(np.array(counts, np.int64)), order, inverse)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The inverse of `pack_padded_sequence`: the padded batch, and the lengths."""
    counts = _as_ints(sequence.batch_sizes)
    longest = len(counts)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, "
                f"but got total_length={total_length} and max sequence length being {longest}"
            )
        counts += [0] * (total_length - longest)
    n = counts[0]
    steps, start = [], 0
    for count in counts:
        step = sequence.data[start : start + count]
        start += count
        if count < n:
            filler = step.new_full((n - count, *step.shape[1:]), padding_value)
            step = cat([step, filler]) if count else filler
        steps.append(step)
    from ...combining import stack

    padded = stack(steps, 1 if batch_first else 0)
    lengths = from_numpy(np.array([sum(c > i for c in counts) for i in range(n)], np.int64))
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices
        padded = padded[back] if batch_first else padded[:, back]
        lengths = lengths[back]
    return padded, lengths


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences ``[length, *]``."""
    lengths = [s.size(0) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def __getattr__(name: str) -> object:
    raise missing_name("torch.nn.utils.rnn", name, __all__)
