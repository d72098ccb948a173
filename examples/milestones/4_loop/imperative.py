"""A loop whose length depends on its values: a square root by Newton's method."""

import bifront.imperative as torch

a = torch.tensor(2.0)
root = a
while torch.abs(root * root - a) > 1e-4 * a:
    root = (root + a / root) / 2.0
print(root.item())
