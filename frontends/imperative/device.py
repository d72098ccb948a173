"""Devices: everything is computed on the CPU; other devices are accepted by name and mean the same."""

from __future__ import annotations


class device:  # noqa: N801
    """A place for tensors, as ``torch.device("cpu")`` or ``torch.device("cuda", 0)``.

    Any device may be named, and code that moves tensors there runs, but tensors stay on the CPU.
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device | int, index: int | None = None) -> None:
        if isinstance(type, device):
            self.type, self.index = type.type, type.index
        elif isinstance(type, int):
            self.type, self.index = "cuda", type
        else:
            self.type, _, number = type.partition(":")
            self.index = int(number) if number else index

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (
            ")" if self.index is None else f", index={self.index})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __enter__(self) -> device:
        return self

    def __exit__(self, *_: object) -> None:
        pass


CPU = device("cpu")
