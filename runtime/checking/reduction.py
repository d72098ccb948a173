"""Losses that were not reduced to one number."""

from __future__ import annotations

from .border import Event, Minimized
from .check import Check


class Reduction(Check):
    """A loss with an axis, which an optimizer adds up.

    Found: a loss with more than one element given to ``minimize``: its sum is minimized, so that steps are as much
    longer as the batch is larger.
    Not found: elements with weights of the program's own (``grad_loss``), and ``tf.gradients`` of several values. In
    the imperative style ``backward`` refuses such a loss.
    """

    name = "reduction"

    def told(self, event: Event) -> None:
        if not isinstance(event, Minimized) or event.weighted or event.loss is None:
            return
        if any(d != 1 for d in event.loss.shape):
            self.report(
                f"the loss is {event.loss}, not one number: what is minimized is its sum over all elements",
                event.loss_at,
                "reduce it with tf.reduce_mean, so that the step does not depend on the size of the batch",
            )
