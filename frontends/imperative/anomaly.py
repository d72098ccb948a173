"""Anomaly detection, which there is no need to switch on: errors name the forward line anyway."""

from __future__ import annotations


class set_detect_anomaly:  # noqa: N801
    """Accepted: every error of a backward names the line of the forward operation, always."""

    def __init__(self, mode: bool = True, check_nan: bool = True) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class detect_anomaly(set_detect_anomaly):  # noqa: N801
    """`set_detect_anomaly` for a block."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)
