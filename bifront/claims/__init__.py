"""What is commonly said of the two styles: an experiment for each claim, and the verdict that its figures give."""

from .catalogue import CLAIMS, run_claims
from .claim import Claim, Criterion, Figure, Figures, Judged, Result, Verdict

__all__ = [
    "CLAIMS",
    "Claim",
    "Criterion",
    "Figure",
    "Figures",
    "Judged",
    "Result",
    "Verdict",
    "run_claims",
]
