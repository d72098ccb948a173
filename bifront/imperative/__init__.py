"""PyTorch's way of writing programs: ``import bifront.imperative as torch``."""

from bifront.faces import alias
from bifront.frontends.imperative import *  # noqa: F403

alias(__name__, "bifront.frontends.imperative")
