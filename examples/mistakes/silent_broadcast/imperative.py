"""Predictions `[n, 1]` minus targets `[n]` are an `[n, n]` table.

PyTorch broadcasts in silence, and learns the mean.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20)
y = 3 * x

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(100):
    prediction = model(x.unsqueeze(1))
    loss = ((prediction - y) ** 2).mean()  # FAULT
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
