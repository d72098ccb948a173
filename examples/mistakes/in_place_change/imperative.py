"""A tensor that the gradient needs is changed in place.

PyTorch says so at `backward()`, and not where it was changed.
"""

import bifront.imperative as torch

x = torch.ones(2, 4)
w = torch.randn(4, 4, requires_grad=True)

hidden = torch.sigmoid(x @ w)
hidden[:, 0] = 0.0  # FAULT
loss = hidden.square().mean()

loss.backward()
print(w.grad)
