"""What bifront says of a script with a mistake in it: when, how near to the faulty line, and in how many words."""

from .catalogue import find_scripts
from .examining import Examined, Said, examine, examine_all
from .fault import Fault, find_fault

__all__ = ["Examined", "Fault", "Said", "examine", "examine_all", "find_fault", "find_scripts"]
