"""What all learning-rate schedules share."""

from __future__ import annotations

import warnings
from typing import Any

from ..optimizer import Optimizer

__all__ = ["LRScheduler"]


class LRScheduler:
    """Sets the learning rate of every parameter group once an epoch.

    A schedule computes each rate from the group's present one (`get_lr`), so that schedules can be chained, as in
    PyTorch. Where a schedule also has a closed form, ``step(epoch)`` uses it.

    Raises:
        TypeError: ``optimizer`` is not an optimizer.
        KeyError: ``last_epoch`` resumes a schedule, but a group lacks its ``initial_lr``.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    "param 'initial_lr' is not specified in "
                    f"param_groups[{i}] when resuming scheduler with last_epoch >= 0."
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._starting = True
        self.step()
        self._starting = False

    @property
    def groups(self) -> list[dict[str, Any]]:
        return self.optimizer.param_groups

    @property
    def rates(self) -> list[float]:
        """The groups' present rates."""
        return [group["lr"] for group in self.groups]

    def get_lr(self) -> list[float]:
        """The rates of ``self.last_epoch``, from the present ones."""
        raise NotImplementedError

    def _closed_form(self) -> list[float] | None:
        """The rates of ``self.last_epoch``, from the initial ones; None where there is no such formula."""
        return None

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to the given one."""
        self._step_count += 1
        if self._step_count == 2 and not self.optimizer._stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in "
                "the opposite order: `optimizer.step()` before `lr_scheduler.step()`, or the first "
                "value of the learning rate schedule is skipped.",
                stacklevel=2,
            )
        rates = None
        if epoch is None:
            self.last_epoch += 1
        else:
            self.last_epoch = epoch
            rates = self._closed_form()
        self._set(rates if rates is not None else self.get_lr())

    def _set(self, rates: list[float]) -> None:
        for group, rate in zip(self.groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = list(rates)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_starting")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)
