"""TensorFlow 1's way of writing programs: ``import bifront.static as tf``."""

from bifront.faces import alias
from bifront.frontends.static import *  # noqa: F403

alias(__name__, "bifront.frontends.static")
