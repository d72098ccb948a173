"""Two losses share a part of their graphs, which the first backward pass frees.

PyTorch says so at the second one.
"""

import bifront.imperative as torch

x = torch.linspace(-1, 1, 20)
w = torch.tensor(0.5, requires_grad=True)

shared = torch.tanh(w * x)
fit = (shared - x).square().mean()
penalty = shared.square().mean()

fit.backward()  # FAULT
penalty.backward()
print(w.grad)
