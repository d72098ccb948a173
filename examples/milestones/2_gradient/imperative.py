"""A gradient: how fast the sum of squares grows."""

import bifront.imperative as torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = torch.sum(x * x)
y.backward()
print(x.grad.tolist())
