"""A running average keeps the history of every loss.

PyTorch gets slower and larger, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = 3 * x

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

average = 0.0
for _ in range(30):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    average = 0.9 * average + 0.1 * loss  # FAULT
print("average loss", average.item())
