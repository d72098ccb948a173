"""PyTorch's way of writing programs: ``import bifront.imperative as torch``."""

from typing import TYPE_CHECKING

from bifront.faces import alias

if TYPE_CHECKING:
    from bifront.frontends.imperative import *  # noqa: F403

alias(__name__, "bifront.frontends.imperative")
