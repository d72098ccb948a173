"""One program in two styles: the same graph? the same numbers? at what price?"""

from .comparison import Comparison, StyleFigures, compare_scripts, find_pair

__all__ = ["Comparison", "StyleFigures", "compare_scripts", "find_pair"]
