"""A first number: two vectors multiplied."""

import bifront.imperative as torch

x = torch.tensor([1.0, 2.0, 3.0])
y = torch.sum(x * x)
print(y.item())
