"""Operations with a function of their own: what writes where integers say, and what sorts.

They work on row-major memory, and no loop around them joins in.
"""

from ....compiler.ops import (
    ARGSORT,
    SCATTER_ADD,
    SCATTER_ADD_ALONG,
    SCATTER_ADD_ND,
    SCATTER_SET_ND,
    SORT,
    Op,
)
from .recipe import Recipe, Site
from .scattering import single, slices, spread, tuples
from .sorting import buffers, lines

__all__ = ["ROUTINES", "SCATTERED", "Recipe", "Site"]

SCATTERED = frozenset((SCATTER_ADD, SCATTER_ADD_ALONG, SCATTER_ADD_ND, SCATTER_SET_ND))

ROUTINES: dict[Op, Recipe] = {
    ARGSORT: Recipe(lines, scratch=buffers),
    SCATTER_ADD: Recipe(slices, begins=True),
    SCATTER_ADD_ALONG: Recipe(single, begins=True),
    SCATTER_ADD_ND: Recipe(tuples, begins=True, views=spread),
    SCATTER_SET_ND: Recipe(tuples, begins=True, views=spread),
    SORT: Recipe(lines, scratch=buffers),
}
