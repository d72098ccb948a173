"""``python -m bifront`` is the command ``bifront``."""

from .cli import main

main()
