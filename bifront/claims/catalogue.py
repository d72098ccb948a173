"""The claims, by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..compiler.errors import BifrontError
from . import code, debuggers, deploy, dynamic, errors, iteration, learning, speed
from .claim import Claim, Result

CLAIMS: dict[int, Claim] = {
    room.CLAIM.number: room.CLAIM
    for room in (code, errors, debuggers, dynamic, speed, deploy, learning, iteration)
}


def run_claims(
    numbers: Sequence[int] = (), report: Callable[[Claim, str], object] = lambda claim, what: None
) -> list[Result]:
    """Do the experiments, one after the other, as times are measured in some of them.

    Args:
        numbers: of claims; by default all.
        report: is told what is going on.

    Raises:
        BifrontError: there is no such claim, or an experiment could not be done.
    """
    unknown = [str(n) for n in numbers if n not in CLAIMS]
    if unknown:
        raise BifrontError(
            f"there is no claim {', '.join(unknown)}",
            hint=f"claims have the numbers {min(CLAIMS)} to {max(CLAIMS)}",
        )
    chosen = [CLAIMS[n] for n in sorted(set(numbers or CLAIMS))]

    def done(claim: Claim) -> Result:
        return claim.judge(claim.measure(lambda what: report(claim, what)))

    return [done(claim) for claim in chosen]
