"""A compiled function depends on what kind of number it is given.

PyTorch compiles it again and again, and then gives up.
"""

import bifront.imperative as torch


@torch.compile
def power(x, exponents):
    total = torch.zeros(4)
    for exponent in exponents:
        total = total + x**exponent
    return total


x = torch.linspace(0.5, 1, 4)
for degree in range(1, 21):
    y = power(x, list(range(degree)))  # FAULT
print(y)
