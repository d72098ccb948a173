"""TensorFlow 1's way of writing programs: ``import bifront.static as tf``."""

from typing import TYPE_CHECKING

from bifront.faces import alias

if TYPE_CHECKING:
    from bifront.frontends.static import *  # noqa: F403

alias(__name__, "bifront.frontends.static")
