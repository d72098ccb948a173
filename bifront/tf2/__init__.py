"""TensorFlow 2's way of writing programs: ``import bifront.tf2 as tf``."""

from typing import TYPE_CHECKING

from bifront.faces import alias

if TYPE_CHECKING:
    from bifront.frontends.tf2 import *  # noqa: F403

alias(__name__, "bifront.frontends.tf2")
