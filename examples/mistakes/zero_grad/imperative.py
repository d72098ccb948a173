"""Gradients add up from step to step, as `zero_grad` is forgotten.

PyTorch trains on all sums so far, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = 3 * x

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(20):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()  # FAULT
    optimizer.step()
print("loss", loss.item())
