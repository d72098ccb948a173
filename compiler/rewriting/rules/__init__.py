"""The rules, by theme. Importing this package fills `RULES`; the order below is the order in which they are tried."""

from . import folding as folding  # isort: skip
from . import arithmetic as arithmetic  # isort: skip
from . import functions as functions  # isort: skip
from . import logic as logic  # isort: skip
from . import choice as choice  # isort: skip
from . import movement as movement  # isort: skip
from . import reductions as reductions  # isort: skip
from . import contraction as contraction  # isort: skip
from . import softmax as softmax  # isort: skip
from . import control as control  # isort: skip
